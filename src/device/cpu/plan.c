/* plan.c - a plan's memory: what each block becomes, where its parameters and activations lie, and how
 * parameters get from PyTorch's order to this device's and back. */
#include "device/cpu/pass.h"
#include "device/cpu/winograd.h"

#include <stdlib.h>
#include <string.h>

static bool widens(const dc_block *block)
{
    return block->conv == DC_CONV_EXPAND || block->conv == DC_CONV_UP;
}

/* F(4x4, 2x2) multiplies 25/36 as often as F(2x2, 2x2). But its rounding errors are some four times as
 * large and its transforms dearer: not worth it where there are few channels to multiply. Its tiles may also
 * hang further over the edge. */
#define LEAST_CHANNELS 32

static bool large_tiles_pay(const dc_block *block, const dc_cpu_conv *conv)
{
    int work[2];
    for (int i = 0; i < 2; i++) {
        int tile = 2 << i, tiles = dc_cpu_divide_up(conv->narrow_h, tile) * dc_cpu_divide_up(conv->narrow_w, tile);
        work[i] = tiles * (tile + 1) * (tile + 1);
    }
    return work[1] < work[0] && block->in_c >= LEAST_CHANNELS && block->out_c >= LEAST_CHANNELS;
}

static dc_cpu_layer layer_of(const dc_cpu_device *device, const dc_net *net, int index)
{
    const dc_block *block = &net->blocks[index];
    bool up = widens(block), first = index == 0, last = index == net->block_count - 1;
    int unit = device->kernels->columns;
    int in_c = first ? block->in_c : dc_cpu_round_up(block->in_c, unit);
    int out_c = last ? block->out_c : dc_cpu_round_up(block->out_c, unit);
    dc_cpu_conv conv = {.wide_h = up ? block->out_h : block->in_h,
                        .wide_w = up ? block->out_w : block->in_w,
                        .wide_c = up ? out_c : in_c,
                        .narrow_h = up ? block->in_h : block->out_h,
                        .narrow_w = up ? block->in_w : block->out_w,
                        .narrow_c = up ? in_c : out_c};
    if (block->conv == DC_CONV_EXPAND || block->conv == DC_CONV_REDUCE)
        conv.kind = DC_CPU_DENSE;
    else
        conv.kind = (up ? last : first) ? DC_CPU_PICTURE : DC_CPU_WINOGRAD;
    conv.tile = large_tiles_pay(block, &conv) ? 4 : 2;
    return (dc_cpu_layer){.conv = conv,
                          .widens = up,
                          .channels = out_c,
                          .out_size = (size_t)block->out_h * (size_t)block->out_w * (size_t)out_c};
}

/* ---- Memory ------------------------------------------------------------------------------------------ */

static size_t weight_count(const dc_cpu_conv *conv)
{
    size_t taps = conv->kind == DC_CPU_DENSE ? (size_t)conv->wide_h * (size_t)conv->wide_w : 16;
    return taps * (size_t)conv->wide_c * (size_t)conv->narrow_c;
}

static size_t stored_count(const dc_cpu_plan *plan, const dc_param *param)
{
    const dc_cpu_layer *layer = &plan->layers[param->block];
    return param->kind == DC_PARAM_WEIGHT ? weight_count(&layer->conv) : (size_t)layer->channels;
}

/* Each parameter begins on a cache line. */
static void lay_out_params(dc_cpu_plan *plan)
{
    const dc_net *net = &plan->base.net;
    size_t offset = 0;
    for (int trained = 1; trained >= 0; trained--) {
        for (int i = 0; i < net->param_count; i++) {
            if (dc_param_is_trained(&net->params[i]) != (trained == 1))
                continue;
            plan->offsets[i] = offset;
            size_t line = DC_ALIGNMENT / sizeof(float);
            offset += (stored_count(plan, &net->params[i]) + line - 1) / line * line;
        }
        if (trained)
            plan->trained = offset;
    }
    plan->roles[DC_ROLE_VALUE] = dc_cpu_take(&plan->parameters, offset);
    for (int role = DC_ROLE_GRADIENT; plan->base.usage == DC_USAGE_TRAIN && role <= DC_ROLE_MOMENT2; role++)
        plan->roles[role] = dc_cpu_take(&plan->parameters, plan->trained);
}

static void lay_out_norm(dc_cpu_norm *norm, size_t channels, float slope, dc_arena *arena)
{
    float **const parts[] = {&norm->mean, &norm->inverse, &norm->scale, &norm->shift, &norm->tilt, &norm->lift};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        *parts[i] = dc_cpu_take(arena, channels);
    norm->slope = slope;
}

static float slope_of(const dc_block *block)
{
    return block->act == DC_ACT_RELU ? 0 : block->act == DC_ACT_LEAKY_RELU ? block->slope : 1;
}

static void lay_out_moments(dc_cpu_plan *plan)
{
    int slices = dc_cpu_divide_up(plan->base.max_batch, plan->slice) + DC_CPU_MAX_GROUPS - 1;
    plan->moments.channels = plan->layers[1].channels;
    plan->moments.sums = dc_cpu_take(&plan->activations, (size_t)(slices * 2) * (size_t)plan->moments.channels);
    plan->moments.pixels = dc_arena_take(&plan->activations, (size_t)slices * sizeof(int));
}

static void lay_out_activations(dc_cpu_plan *plan)
{
    const dc_net *net = &plan->base.net;
    size_t most = 0;
    for (int i = 0; i < net->block_count - 1; i++) {
        dc_cpu_layer *layer = &plan->layers[i];
        size_t channels = (size_t)layer->channels;
        if (plan->base.usage == DC_USAGE_TRAIN && !(plan->sliced && i == 0))
            layer->raw = dc_cpu_take(&plan->activations, (size_t)plan->base.max_batch * layer->out_size);
        for (int group = 0; group < DC_CPU_MAX_GROUPS; group++)
            lay_out_norm(&layer->norms[group], channels, slope_of(&net->blocks[i]), &plan->activations);
        most = channels > most ? channels : most;
    }
    plan->sums = dc_arena_take(&plan->activations, 2 * most * sizeof(double));
    if (plan->sliced)
        lay_out_moments(plan);
}

static void lay_out_ready(dc_cpu_plan *plan)
{
    const dc_cpu_device *device = (const dc_cpu_device *)plan->base.device;
    for (int i = 0; plan->base.usage == DC_USAGE_GENERATE && i < plan->base.net.block_count; i++) {
        dc_cpu_layer *layer = &plan->layers[i];
        if (layer->widens)
            layer->ready = dc_cpu_winograd_ready_take(device, &layer->conv, &plan->transformed);
    }
}

/* Blocks without batch normalisation have one that changes nothing. */
static void reset_norms(dc_cpu_plan *plan)
{
    for (int i = 0; i < plan->base.net.block_count - 1; i++)
        for (int group = 0; group < DC_CPU_MAX_GROUPS; group++)
            for (int c = 0; c < plan->layers[i].channels; c++)
                plan->layers[i].norms[group].scale[c] = 1;
}

/* Block i uses buffer i % 2. */
static dc_cpu_workspace lay_out_buffers(const dc_cpu_plan *plan, dc_arena arena)
{
    dc_cpu_workspace workspace = {0};
    for (int parity = 1; parity >= 0; parity--) {
        size_t most = 0;
        for (int i = parity; i < plan->base.net.block_count - 1; i += 2) {
            int items = plan->sliced && i == 0 ? plan->slice : plan->base.max_batch;
            most = dc_cpu_most(most, (size_t)items * plan->layers[i].out_size);
        }
        workspace.buffers[parity] = dc_cpu_take(&arena, most);
    }
    if (plan->sliced)
        workspace.slice = dc_cpu_take(&arena, (size_t)plan->slice * plan->layers[0].out_size);
    workspace.scratch = arena;
    return workspace;
}

dc_cpu_workspace dc_cpu_workspace_of(const dc_cpu_plan *plan)
{
    dc_arena arena = ((const dc_cpu_device *)plan->base.device)->workspace;
    arena.offset = 0;
    return lay_out_buffers(plan, arena);
}

static size_t workspace_size(const dc_cpu_plan *plan)
{
    size_t most = 0;
    for (int i = 0; i < plan->base.net.block_count; i++) {
        size_t size =
            dc_cpu_scratch_size((const dc_cpu_device *)plan->base.device, &plan->layers[i].conv, &plan->layers[i].ready,
                                plan->base.max_batch, plan->base.usage == DC_USAGE_TRAIN);
        most = size > most ? size : most;
    }
    return lay_out_buffers(plan, (dc_arena){0}).scratch.offset + most;
}

static void lay_out(dc_cpu_plan *plan)
{
    lay_out_params(plan);
    lay_out_activations(plan);
    lay_out_ready(plan);
}

/* Items of a slice: their output and gradient of block 0 stay in the third-level cache. */
#define MOST_SLICE 32

/* Everything but the memory. */
static void describe(dc_cpu_plan *plan, dc_device *device, const dc_net *net, int max_batch, dc_usage usage)
{
    *plan = (dc_cpu_plan){.base = {.device = device, .net = *net, .max_batch = max_batch, .usage = usage}};
    for (int i = 0; i < net->block_count; i++)
        plan->layers[i] = layer_of((dc_cpu_device *)device, net, i);
    plan->sliced = usage == DC_USAGE_TRAIN && !plan->layers[0].widens && !net->blocks[0].batch_norm;
    plan->slice = MOST_SLICE < max_batch ? MOST_SLICE : max_batch;
    lay_out(plan);
    plan->workspace = workspace_size(plan);
}

dc_memory dc_cpu_plan_measure(const dc_device *device, const dc_net *net, int max_batch, dc_usage usage)
{
    dc_cpu_plan plan;
    describe(&plan, (dc_device *)device, net, max_batch, usage);
    return (dc_memory){plan.parameters.offset, plan.activations.offset, plan.workspace + plan.transformed.offset};
}

/* The workspace grows to the needs of the largest plan, and keeps that size. It is not touched here: what
 * no plan uses never becomes real memory. */
static dc_status grow_workspace(dc_cpu_device *device, size_t size)
{
    void *memory;
    if (size <= device->workspace.size)
        return DCGAN_OK;
    DC_TRY(dc_alloc(size + DC_ALIGNMENT, 1, &memory));
    free(device->workspace_memory);
    device->workspace_memory = memory;
    size_t beyond = (uintptr_t)memory % DC_ALIGNMENT;
    device->workspace = (dc_arena){.base = (char *)memory + (DC_ALIGNMENT - beyond), .size = size};
    return DCGAN_OK;
}

static dc_status allocate(dc_cpu_plan *plan)
{
    DC_TRY(dc_arena_allocate(&plan->parameters));
    DC_TRY(dc_arena_allocate(&plan->activations));
    DC_TRY(dc_arena_allocate(&plan->transformed));
    return grow_workspace((dc_cpu_device *)plan->base.device, plan->workspace);
}

dc_status dc_cpu_plan_create(dc_device *device, const dc_net *net, int max_batch, dc_usage usage, dc_plan **ret_plan)
{
    dc_cpu_plan *plan;
    DC_TRY(dc_alloc(1, sizeof *plan, (void **)&plan));
    describe(plan, device, net, max_batch, usage);
    dc_status status = allocate(plan);
    if (status != DCGAN_OK) {
        dc_cpu_plan_free(&plan->base);
        return status;
    }
    lay_out(plan);
    reset_norms(plan);
    *ret_plan = &plan->base;
    return DCGAN_OK;
}

void dc_cpu_plan_free(dc_plan *base)
{
    dc_cpu_plan *plan = (dc_cpu_plan *)base;
    dc_arena_free(&plan->parameters);
    dc_arena_free(&plan->activations);
    dc_arena_free(&plan->transformed);
    free(plan);
}

/* ---- Parameters -------------------------------------------------------------------------------------- */

float *dc_cpu_param(const dc_cpu_plan *plan, dc_role role, int block, dc_param_kind kind)
{
    int param = dc_net_find(&plan->base.net, block, kind);
    return param < 0 ? NULL : plan->roles[role] + plan->offsets[param];
}

/* Where the weight of narrow channel o, wide channel c and kernel row i, column j is kept. */
static size_t weight_at(const dc_cpu_plan *plan, const dc_cpu_conv *conv, int o, int c, int i, int j)
{
    int columns = ((const dc_cpu_device *)plan->base.device)->kernels->columns;
    int row = 0; /* of `columns` wide channels, among those of one narrow channel */
    switch (conv->kind) {
    case DC_CPU_WINOGRAD:
        row = c / columns * 16 + dc_cpu_tap(i, j);
        break;
    case DC_CPU_PICTURE:
        return (size_t)((i * 4 + j) * conv->wide_c + c) * (size_t)conv->narrow_c + (size_t)o;
    case DC_CPU_DENSE:
        row = ((i * conv->wide_w + j) * conv->wide_c + c) / columns;
        break;
    }
    return ((size_t)row * (size_t)conv->narrow_c + (size_t)o) * (size_t)columns + (size_t)(c % columns);
}

/* Channels of number i of a weight in PyTorch's order, which has the narrow side first in both Conv2d and
 * ConvTranspose2d. */
static int narrow_channel(const dc_param *param, size_t i)
{
    return (int)(i / (size_t)(param->shape[1] * param->shape[2] * param->shape[3]));
}

static int wide_channel(const dc_param *param, size_t i)
{
    return (int)(i / (size_t)(param->shape[2] * param->shape[3]) % (size_t)param->shape[1]);
}

/* Where number i of a parameter, in PyTorch's order, is kept. */
static size_t stored_at(const dc_cpu_plan *plan, const dc_param *param, size_t i)
{
    if (param->kind != DC_PARAM_WEIGHT)
        return i;
    int columns = param->shape[3], kernel = (int)(i % (size_t)(param->shape[2] * columns));
    return weight_at(plan, &plan->layers[param->block].conv, narrow_channel(param, i), wide_channel(param, i),
                     kernel / columns, kernel % columns);
}

void dc_cpu_put(dc_plan *base, dc_role role, int index, const float *values)
{
    dc_cpu_plan *plan = (dc_cpu_plan *)base;
    const dc_param *param = &base->net.params[index];
    float *stored = plan->roles[role] + plan->offsets[index];
    plan->ready = false;
    for (size_t i = 0; i < param->count; i++)
        stored[stored_at(plan, param, i)] = values[i];
}

void dc_cpu_get(const dc_plan *base, dc_role role, int index, float *ret_values)
{
    const dc_cpu_plan *plan = (const dc_cpu_plan *)base;
    const dc_param *param = &base->net.params[index];
    const float *stored = plan->roles[role] + plan->offsets[index];
    for (size_t i = 0; i < param->count; i++)
        ret_values[i] = stored[stored_at(plan, param, i)];
}

void dc_cpu_scale_weights(dc_cpu_plan *plan, int block, const float *scale)
{
    const dc_param *param = &plan->base.net.params[dc_net_find(&plan->base.net, block, DC_PARAM_WEIGHT)];
    float *weights = dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_WEIGHT);
    bool widens = plan->layers[block].widens;
    for (size_t i = 0; i < param->count; i++)
        weights[stored_at(plan, param, i)] *= scale[widens ? wide_channel(param, i) : narrow_channel(param, i)];
}
