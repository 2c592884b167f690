/* ref.c - the textbook: plain loops over (n, c, h, w) arrays, sums in double. Slow, and the oracle that
 * every other device is held to. Read it to see what the mathematics is.
 *
 * Every layer of a DCGAN is one convolution between a wide side and a narrow side,
 *     narrow[o, y, x] = sum over c, i, j of weight[o, c, i, j] * wide[c, y*s + i - p, x*s + j - p],
 * seen three ways: `down` computes it, `up` is its adjoint (ConvTranspose2d, and the input gradient of
 * Conv2d), `weights` its weight gradient. */
#include "base/memory.h"
#include "device/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct ref_tensor {
    dc_tensor base;
    float *values; /* (n, c, h, w) */
} ref_tensor;

/* What one block's forward pass leaves for its backward pass. */
typedef struct ref_layer {
    float *conv;       /* (n, c, h, w): output of the convolution */
    float *out;        /* (n, c, h, w): output of the block; NULL in the last one: the caller's tensor */
    double *mean;      /* (groups, c) */
    double *deviation; /* (groups, c): sqrt(variance + epsilon) */
} ref_layer;

#define MAX_GROUPS 2

typedef struct ref_plan {
    dc_plan base;
    dc_arena parameters, activations, workspace;
    float *roles[4][DC_MAX_BLOCKS * 5]; /* [dc_role][parameter], PyTorch's order; NULL where there is none */
    ref_layer layers[DC_MAX_BLOCKS];
    float *gradient[2]; /* of a block's output and input, in turn */
    dc_view x, y;       /* of the last forward pass */
    int groups;
} ref_plan;

/* ---- The convolution --------------------------------------------------------------------------------- */

typedef struct shape {
    int narrow_c, narrow_h, narrow_w;
    int wide_c, wide_h, wide_w;
    int kernel_h, kernel_w, stride, pad;
} shape;

static bool widens(const dc_block *block)
{
    return block->conv == DC_CONV_EXPAND || block->conv == DC_CONV_UP;
}

static shape shape_of(const dc_block *b)
{
    shape s = widens(b) ? (shape){.narrow_c = b->in_c,
                                  .narrow_h = b->in_h,
                                  .narrow_w = b->in_w,
                                  .wide_c = b->out_c,
                                  .wide_h = b->out_h,
                                  .wide_w = b->out_w}
                        : (shape){.narrow_c = b->out_c,
                                  .narrow_h = b->out_h,
                                  .narrow_w = b->out_w,
                                  .wide_c = b->in_c,
                                  .wide_h = b->in_h,
                                  .wide_w = b->in_w};
    bool dense = b->conv == DC_CONV_EXPAND || b->conv == DC_CONV_REDUCE;
    s.kernel_h = dense ? s.wide_h : 4;
    s.kernel_w = dense ? s.wide_w : 4;
    s.stride = dense ? 1 : 2;
    s.pad = dense ? 0 : 1;
    return s;
}

static size_t weight_at(const shape *s, int o, int c, int i, int j)
{
    return (((size_t)o * (size_t)s->wide_c + (size_t)c) * (size_t)s->kernel_h + (size_t)i) * (size_t)s->kernel_w +
           (size_t)j;
}

static size_t wide_at(const shape *s, int n, int c, int y, int x)
{
    return (((size_t)n * (size_t)s->wide_c + (size_t)c) * (size_t)s->wide_h + (size_t)y) * (size_t)s->wide_w +
           (size_t)x;
}

static size_t narrow_at(const shape *s, int n, int o, int y, int x)
{
    return (((size_t)n * (size_t)s->narrow_c + (size_t)o) * (size_t)s->narrow_h + (size_t)y) * (size_t)s->narrow_w +
           (size_t)x;
}

/* The wide row (or column) that tap i of narrow position y touches, or -1 if it lies in the padding. */
static int tap(int y, int i, int stride, int pad, int size)
{
    int position = y * stride + i - pad;
    return position >= 0 && position < size ? position : -1;
}

static void down(const shape *s, int n, const float *wide, const float *weight, float *ret_narrow)
{
    for (int o = 0; o < s->narrow_c; o++)
        for (int y = 0; y < s->narrow_h; y++)
            for (int x = 0; x < s->narrow_w; x++) {
                double sum = 0;
                for (int c = 0; c < s->wide_c; c++)
                    for (int i = 0; i < s->kernel_h; i++)
                        for (int j = 0; j < s->kernel_w; j++) {
                            int wy = tap(y, i, s->stride, s->pad, s->wide_h);
                            int wx = tap(x, j, s->stride, s->pad, s->wide_w);
                            if (wy >= 0 && wx >= 0)
                                sum += (double)weight[weight_at(s, o, c, i, j)] * wide[wide_at(s, n, c, wy, wx)];
                        }
                ret_narrow[narrow_at(s, n, o, y, x)] = (float)sum;
            }
}

/* The narrow row that reaches wide row `position` through tap i, or -1. */
static int untap(int position, int i, int stride, int pad, int size)
{
    int y = position + pad - i;
    return y >= 0 && y % stride == 0 && y / stride < size ? y / stride : -1;
}

static void up(const shape *s, int n, const float *narrow, const float *weight, float *ret_wide)
{
    for (int c = 0; c < s->wide_c; c++)
        for (int wy = 0; wy < s->wide_h; wy++)
            for (int wx = 0; wx < s->wide_w; wx++) {
                double sum = 0;
                for (int i = 0; i < s->kernel_h; i++)
                    for (int j = 0; j < s->kernel_w; j++) {
                        int y = untap(wy, i, s->stride, s->pad, s->narrow_h);
                        int x = untap(wx, j, s->stride, s->pad, s->narrow_w);
                        if (y < 0 || x < 0)
                            continue;
                        for (int o = 0; o < s->narrow_c; o++)
                            sum += (double)weight[weight_at(s, o, c, i, j)] * narrow[narrow_at(s, n, o, y, x)];
                    }
                ret_wide[wide_at(s, n, c, wy, wx)] = (float)sum;
            }
}

/* One element of the weight gradient, summed over the batch. */
static double weight_gradient(const shape *s, int batch, const float *wide, const float *narrow, int o, int c, int i,
                              int j)
{
    double sum = 0;
    for (int n = 0; n < batch; n++)
        for (int y = 0; y < s->narrow_h; y++)
            for (int x = 0; x < s->narrow_w; x++) {
                int wy = tap(y, i, s->stride, s->pad, s->wide_h);
                int wx = tap(x, j, s->stride, s->pad, s->wide_w);
                if (wy >= 0 && wx >= 0)
                    sum += (double)narrow[narrow_at(s, n, o, y, x)] * wide[wide_at(s, n, c, wy, wx)];
            }
    return sum;
}

/* Replaces or adds to a parameter gradient. */
static void store(float *gradient, double value, unsigned flags)
{
    *gradient = (float)(flags & DC_GRAD_ACCUMULATE ? *gradient + value : value);
}

static void weights(const shape *s, int batch, const float *wide, const float *narrow, unsigned flags,
                    float *ret_gradient)
{
    for (int o = 0; o < s->narrow_c; o++)
        for (int c = 0; c < s->wide_c; c++)
            for (int i = 0; i < s->kernel_h; i++)
                for (int j = 0; j < s->kernel_w; j++)
                    store(&ret_gradient[weight_at(s, o, c, i, j)], weight_gradient(s, batch, wide, narrow, o, c, i, j),
                          flags);
}

/* ---- Batch normalisation and activation -------------------------------------------------------------- */

static float activate(const dc_block *block, double z)
{
    switch (block->act) {
    case DC_ACT_RELU:
        return z > 0 ? (float)z : 0;
    case DC_ACT_LEAKY_RELU:
        return (float)(z > 0 ? z : block->slope * z);
    case DC_ACT_TANH:
        return (float)tanh(z);
    case DC_ACT_NONE:
        break;
    }
    return (float)z;
}

/* The derivative, told from the output. */
static double activation_slope(const dc_block *block, double out)
{
    switch (block->act) {
    case DC_ACT_RELU:
        return out > 0;
    case DC_ACT_LEAKY_RELU:
        return out > 0 ? 1 : block->slope;
    case DC_ACT_TANH:
        return 1 - out * out;
    case DC_ACT_NONE:
        break;
    }
    return 1;
}

/* A walk over one channel of one group of a batch: item n of it is `index_of(..., n, pixel)`. */
typedef struct channel {
    int first, n; /* items */
    int c, channels, pixels;
} channel;

static size_t index_of(const channel *w, int n, int pixel)
{
    return ((size_t)(w->first + n) * (size_t)w->channels + (size_t)w->c) * (size_t)w->pixels + (size_t)pixel;
}

static void batch_statistics(const channel *w, const float *conv, double *ret_mean, double *ret_variance)
{
    double count = (double)w->n * w->pixels, sum = 0, squares = 0;
    for (int n = 0; n < w->n; n++)
        for (int p = 0; p < w->pixels; p++)
            sum += conv[index_of(w, n, p)];
    double mean = sum / count;
    for (int n = 0; n < w->n; n++)
        for (int p = 0; p < w->pixels; p++) {
            double d = conv[index_of(w, n, p)] - mean;
            squares += d * d;
        }
    *ret_mean = mean;
    *ret_variance = squares / count;
}

/* PyTorch keeps the unbiased variance while normalising with the biased one. */
static void update_running(float *mean, float *variance, double batch_mean, double batch_variance, double count)
{
    double unbiased = count > 1 ? batch_variance * count / (count - 1) : batch_variance;
    *mean = (float)((1 - DC_BN_MOMENTUM) * (double)*mean + DC_BN_MOMENTUM * batch_mean);
    *variance = (float)((1 - DC_BN_MOMENTUM) * (double)*variance + DC_BN_MOMENTUM * unbiased);
}

static float *value_of(ref_plan *plan, dc_role role, int block, dc_param_kind kind)
{
    int param = dc_net_find(&plan->base.net, block, kind);
    return param < 0 ? NULL : plan->roles[role][param];
}

static void normalise_forward(ref_plan *plan, int index, int batch, dc_mode mode, int groups, float *ret_out)
{
    const dc_block *block = &plan->base.net.blocks[index];
    ref_layer *layer = &plan->layers[index];
    const float *gamma = value_of(plan, DC_ROLE_VALUE, index, DC_PARAM_GAMMA);
    const float *beta = value_of(plan, DC_ROLE_VALUE, index, DC_PARAM_BETA);
    float *running_mean = value_of(plan, DC_ROLE_VALUE, index, DC_PARAM_RUNNING_MEAN);
    float *running_var = value_of(plan, DC_ROLE_VALUE, index, DC_PARAM_RUNNING_VAR);
    int n = batch / groups;
    for (int group = 0; group < groups; group++)
        for (int c = 0; c < block->out_c; c++) {
            channel w = {group * n, n, c, block->out_c, block->out_h * block->out_w};
            double mean = 0, deviation = 1, scale = 1, shift = 0;
            if (block->batch_norm) {
                double variance = 0;
                if (mode == DC_MODE_TRAIN) {
                    batch_statistics(&w, layer->conv, &mean, &variance);
                    update_running(&running_mean[c], &running_var[c], mean, variance, (double)n * w.pixels);
                } else {
                    mean = running_mean[c];
                    variance = running_var[c];
                }
                deviation = sqrt(variance + DC_BN_EPSILON);
                scale = gamma[c];
                shift = beta[c];
                layer->mean[group * block->out_c + c] = mean;
                layer->deviation[group * block->out_c + c] = deviation;
            }
            for (int i = 0; i < n; i++)
                for (int p = 0; p < w.pixels; p++) {
                    size_t at = index_of(&w, i, p);
                    ret_out[at] = activate(block, (layer->conv[at] - mean) / deviation * scale + shift);
                }
        }
}

/* d: in, gradient of the block's output; out, gradient of the convolution's output. The mean terms are
 * those of Ioffe & Szegedy (2015), section 3. */
static void normalise_backward(ref_plan *plan, int index, int batch, const float *out, unsigned flags, float *d)
{
    const dc_block *block = &plan->base.net.blocks[index];
    const ref_layer *layer = &plan->layers[index];
    const float *gamma = value_of(plan, DC_ROLE_VALUE, index, DC_PARAM_GAMMA);
    float *dgamma = value_of(plan, DC_ROLE_GRADIENT, index, DC_PARAM_GAMMA);
    float *dbeta = value_of(plan, DC_ROLE_GRADIENT, index, DC_PARAM_BETA);
    int n = batch / plan->groups;
    for (int c = 0; c < block->out_c; c++) {
        double gamma_sum = 0, beta_sum = 0;
        for (int group = 0; group < plan->groups; group++) {
            channel w = {group * n, n, c, block->out_c, block->out_h * block->out_w};
            double mean = layer->mean[group * block->out_c + c], count = (double)n * w.pixels;
            double deviation = layer->deviation[group * block->out_c + c], sum = 0, sum_xhat = 0;
            for (int i = 0; i < n; i++)
                for (int p = 0; p < w.pixels; p++) {
                    size_t at = index_of(&w, i, p);
                    double dz = d[at] * activation_slope(block, out[at]);
                    d[at] = (float)dz;
                    sum += dz;
                    sum_xhat += dz * (layer->conv[at] - mean) / deviation;
                }
            if (!block->batch_norm)
                continue;
            for (int i = 0; i < n; i++)
                for (int p = 0; p < w.pixels; p++) {
                    size_t at = index_of(&w, i, p);
                    double xhat = (layer->conv[at] - mean) / deviation;
                    d[at] = (float)(gamma[c] / deviation * (d[at] - sum / count - xhat * sum_xhat / count));
                }
            gamma_sum += sum_xhat;
            beta_sum += sum;
        }
        if (block->batch_norm && flags & DC_GRAD_PARAMS) {
            store(&dgamma[c], gamma_sum, flags);
            store(&dbeta[c], beta_sum, flags);
        }
    }
}

/* ---- Passes ------------------------------------------------------------------------------------------ */

static size_t item_size(const dc_tensor *tensor)
{
    return (size_t)tensor->c * (size_t)tensor->h * (size_t)tensor->w;
}

static float *view_values(dc_view view)
{
    return ((ref_tensor *)view.tensor)->values + (size_t)view.first * item_size(view.tensor);
}

/* The input or the output of block `index` in the last forward pass. */
static float *input_of(const ref_plan *plan, int index)
{
    return index == 0 ? view_values(plan->x) : plan->layers[index - 1].out;
}

static float *output_of(const ref_plan *plan, int index)
{
    return index == plan->base.net.block_count - 1 ? view_values(plan->y) : plan->layers[index].out;
}

static void ref_forward(dc_plan *base, dc_view x, dc_view y, dc_mode mode, int groups)
{
    ref_plan *plan = (ref_plan *)base;
    plan->x = x;
    plan->y = y;
    plan->groups = groups;
    for (int i = 0; i < base->net.block_count; i++) {
        const dc_block *block = &base->net.blocks[i];
        shape s = shape_of(block);
        const float *weight = value_of(plan, DC_ROLE_VALUE, i, DC_PARAM_WEIGHT);
        for (int n = 0; n < x.n; n++)
            (widens(block) ? up : down)(&s, n, input_of(plan, i), weight, plan->layers[i].conv);
        normalise_forward(plan, i, x.n, mode, groups, output_of(plan, i));
    }
}

static void ref_backward(dc_plan *base, dc_view dy, dc_view dx, unsigned flags)
{
    ref_plan *plan = (ref_plan *)base;
    int batch = plan->x.n, last = base->net.block_count - 1;
    memcpy(plan->gradient[last % 2], view_values(dy), (size_t)batch * item_size(dy.tensor) * sizeof(float));
    for (int i = last; i >= 0; i--) {
        const dc_block *block = &base->net.blocks[i];
        shape s = shape_of(block);
        float *d = plan->gradient[i % 2], *d_in = i > 0 ? plan->gradient[(i + 1) % 2] : NULL;
        normalise_backward(plan, i, batch, output_of(plan, i), flags, d);
        if (flags & DC_GRAD_PARAMS) {
            const float *wide = widens(block) ? d : input_of(plan, i), *narrow = widens(block) ? input_of(plan, i) : d;
            weights(&s, batch, wide, narrow, flags, value_of(plan, DC_ROLE_GRADIENT, i, DC_PARAM_WEIGHT));
        }
        if (i == 0 && flags & DC_GRAD_INPUT)
            d_in = view_values(dx);
        for (int n = 0; d_in && n < batch; n++)
            (widens(block) ? down : up)(&s, n, d, value_of(plan, DC_ROLE_VALUE, i, DC_PARAM_WEIGHT), d_in);
    }
}

static void ref_loss(dc_view logits, float target, dc_view dlogits, dc_slot slot)
{
    dc_host_device *device = (dc_host_device *)logits.tensor->device;
    dc_host_loss(view_values(logits), logits.n, target, view_values(dlogits), &device->scores[slot]);
}

static void ref_update(dc_plan *base, const dc_adam *adam)
{
    ref_plan *plan = (ref_plan *)base;
    base->updates++;
    for (int i = 0; i < base->net.param_count; i++)
        if (dc_param_is_trained(&base->net.params[i]))
            dc_host_adam(adam, base->updates, base->net.params[i].count, plan->roles[DC_ROLE_GRADIENT][i],
                         plan->roles[DC_ROLE_VALUE][i], plan->roles[DC_ROLE_MOMENT1][i],
                         plan->roles[DC_ROLE_MOMENT2][i]);
}

static void ref_noise(dc_view z, uint32_t purpose)
{
    int count = (int)item_size(z.tensor);
    for (int i = 0; i < z.n; i++)
        dc_host_noise(z.tensor->device, purpose, i, count, view_values(z) + (size_t)i * (size_t)count);
}

/* ---- Build ------------------------------------------------------------------------------------------- */

static float *take_floats(dc_arena *arena, size_t count)
{
    return dc_arena_take(arena, count * sizeof(float));
}

/* Carves the plan's memory out of its three arenas: run once to measure, once to place. */
static void lay_out(ref_plan *plan)
{
    const dc_net *net = &plan->base.net;
    bool train = plan->base.usage == DC_USAGE_TRAIN;
    size_t batch = (size_t)plan->base.max_batch, largest = 0;
    for (int i = 0; i < net->param_count; i++)
        for (int role = DC_ROLE_VALUE; role <= DC_ROLE_MOMENT2; role++)
            if (role == DC_ROLE_VALUE || (train && dc_param_is_trained(&net->params[i])))
                plan->roles[role][i] = take_floats(&plan->parameters, net->params[i].count);
    for (int i = 0; i < net->block_count; i++) {
        const dc_block *block = &net->blocks[i];
        ref_layer *layer = &plan->layers[i];
        size_t out = batch * (size_t)block->out_c * (size_t)block->out_h * (size_t)block->out_w;
        layer->conv = take_floats(&plan->activations, out);
        if (i < net->block_count - 1)
            layer->out = take_floats(&plan->activations, out);
        layer->mean = dc_arena_take(&plan->activations, MAX_GROUPS * (size_t)block->out_c * sizeof(double));
        layer->deviation = dc_arena_take(&plan->activations, MAX_GROUPS * (size_t)block->out_c * sizeof(double));
        largest = out > largest ? out : largest;
    }
    for (int i = 0; train && i < 2; i++)
        plan->gradient[i] = take_floats(&plan->workspace, largest);
}

static void ref_plan_free(dc_plan *base)
{
    ref_plan *plan = (ref_plan *)base;
    dc_arena_free(&plan->parameters);
    dc_arena_free(&plan->activations);
    dc_arena_free(&plan->workspace);
    free(plan);
}

static dc_status ref_plan_create(dc_device *device, const dc_net *net, int max_batch, dc_usage usage,
                                 dc_plan **ret_plan)
{
    ref_plan *plan;
    DC_TRY(dc_alloc(1, sizeof *plan, (void **)&plan));
    plan->base = (dc_plan){.device = device, .net = *net, .max_batch = max_batch, .usage = usage};
    lay_out(plan);
    dc_status status = dc_arena_allocate(&plan->parameters);
    if (status == DCGAN_OK)
        status = dc_arena_allocate(&plan->activations);
    if (status == DCGAN_OK)
        status = dc_arena_allocate(&plan->workspace);
    if (status != DCGAN_OK) {
        ref_plan_free(&plan->base);
        return status;
    }
    lay_out(plan);
    *ret_plan = &plan->base;
    return DCGAN_OK;
}

static dc_memory ref_plan_measure(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage)
{
    ref_plan plan = {.base = {.device = (dc_device *)device, .net = *net, .max_batch = max_batch, .usage = usage}};
    lay_out(&plan);
    return (dc_memory){plan.parameters.offset, plan.activations.offset, plan.workspace.offset};
}

/* ---- Host speech: the layout is PyTorch's already ---------------------------------------------------- */

static void ref_put(dc_plan *plan, dc_role role, int param, const float *values)
{
    memcpy(((ref_plan *)plan)->roles[role][param], values, plan->net.params[param].count * sizeof(float));
}

static void ref_get(const dc_plan *plan, dc_role role, int param, float *ret_values)
{
    memcpy(ret_values, ((const ref_plan *)plan)->roles[role][param], plan->net.params[param].count * sizeof(float));
}

static void ref_write(dc_view view, const float *values)
{
    memcpy(view_values(view), values, (size_t)view.n * item_size(view.tensor) * sizeof(float));
}

static void ref_read(dc_view view, float *ret_values)
{
    memcpy(ret_values, view_values(view), (size_t)view.n * item_size(view.tensor) * sizeof(float));
}

/* Where pixel (n, y, x, c) of an interleaved array lies. */
static size_t pixel_at(const dc_tensor *t, int n, int y, int x, int c)
{
    return (((size_t)n * (size_t)t->h + (size_t)y) * (size_t)t->w + (size_t)x) * (size_t)t->c + (size_t)c;
}

static void ref_upload(dc_view view, const uint8_t *pixels, const uint8_t *mirror)
{
    const dc_tensor *t = view.tensor;
    float *next = view_values(view);
    for (int n = 0; n < view.n; n++)
        for (int c = 0; c < t->c; c++)
            for (int y = 0; y < t->h; y++)
                for (int x = 0; x < t->w; x++) {
                    int from = mirror && mirror[n] ? t->w - 1 - x : x;
                    *next++ = dc_pixel_to_value(pixels[pixel_at(t, n, y, from, c)]);
                }
}

/* -1..1 to the nearest level. */
static uint8_t value_to_pixel(float value)
{
    float level = (value + 1) * 127.5f;
    if (!(level > 0)) /* NaN too */
        return 0;
    return level >= 255 ? 255 : (uint8_t)lroundf(level);
}

static void ref_download(dc_view view, uint8_t *ret_pixels)
{
    const dc_tensor *t = view.tensor;
    const float *next = view_values(view);
    for (int n = 0; n < view.n; n++)
        for (int c = 0; c < t->c; c++)
            for (int y = 0; y < t->h; y++)
                for (int x = 0; x < t->w; x++)
                    ret_pixels[pixel_at(t, n, y, x, c)] = value_to_pixel(*next++);
}

/* ---- Life -------------------------------------------------------------------------------------------- */

static dc_status ref_tensor_create(dc_device *device, int n, int h, int w, int c, dc_tensor **ret_tensor)
{
    ref_tensor *tensor;
    DC_TRY(dc_alloc(1, sizeof *tensor, (void **)&tensor));
    tensor->base = (dc_tensor){device, n, h, w, c};
    dc_status status = dc_alloc((size_t)n * item_size(&tensor->base), sizeof(float), (void **)&tensor->values);
    if (status != DCGAN_OK) {
        free(tensor);
        return status;
    }
    *ret_tensor = &tensor->base;
    return DCGAN_OK;
}

static void ref_tensor_free(dc_tensor *tensor)
{
    free(((ref_tensor *)tensor)->values);
    free(tensor);
}

static dc_status ref_open(const dc_device_options *options, dc_device **ret_device)
{
    dc_host_device *device;
    DC_TRY(dc_alloc(1, sizeof *device, (void **)&device));
    device->base = (dc_device){.ops = &dc_ref_ops, .options = *options};
    snprintf(device->base.label, sizeof device->base.label, "ref (plain loops, 1 thread)");
    *ret_device = &device->base;
    return DCGAN_OK;
}

static void ref_close(dc_device *device)
{
    free(device);
}

const dc_device_ops dc_ref_ops = {
    .name = "ref",
    .open = ref_open,
    .close = ref_close,
    .tensor_create = ref_tensor_create,
    .tensor_free = ref_tensor_free,
    .plan_create = ref_plan_create,
    .plan_free = ref_plan_free,
    .plan_measure = ref_plan_measure,
    .put = ref_put,
    .get = ref_get,
    .write = ref_write,
    .read = ref_read,
    .upload = ref_upload,
    .download = ref_download,
    .noise = ref_noise,
    .forward = ref_forward,
    .backward = ref_backward,
    .loss = ref_loss,
    .update = ref_update,
    .record_create = dc_host_record_create,
    .record_free = dc_host_record_free,
    .record_replay = dc_host_record_replay,
    .scores = dc_host_scores,
};
