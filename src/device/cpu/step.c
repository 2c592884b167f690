/* step.c - forward, backward and update of a plan, block by block. */
#include "device/cpu/cpu.h"

#include <assert.h>

float *dc_cpu_view(dc_view view)
{
    const dc_tensor *t = view.tensor;
    return ((dc_cpu_tensor *)view.tensor)->values + (size_t)view.first * (size_t)t->h * (size_t)t->w * (size_t)t->c;
}

static int last_block(const dc_cpu_plan *plan)
{
    return plan->base.net.block_count - 1;
}

static float *raw_of(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block)
{
    float *raw = plan->layers[block].raw;
    return raw ? raw : workspace->buffers[block % 2];
}

static dc_cpu_pass pass_of(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block)
{
    return (dc_cpu_pass){.device = (const dc_cpu_device *)plan->base.device,
                         .conv = &plan->layers[block].conv,
                         .ready = &plan->layers[block].ready,
                         .items = plan->x.n,
                         .groups = plan->groups,
                         .scratch = workspace->scratch};
}

static const float *weights_of(const dc_cpu_plan *plan, int block)
{
    return dc_cpu_param(plan, DC_ROLE_VALUE, block, DC_PARAM_WEIGHT);
}

/* What enters block `block`: the activated output of the one before. */
static dc_cpu_source input_of(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block)
{
    if (block == 0)
        return (dc_cpu_source){.reading = DC_CPU_READ_PLAIN, .x = dc_cpu_view(plan->x)};
    return (dc_cpu_source){.reading = DC_CPU_READ_ACTIVATE,
                           .x = raw_of(plan, workspace, block - 1),
                           .norms = plan->layers[block - 1].norms};
}

static dc_cpu_sink output_of(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block, dc_mode mode)
{
    const dc_block *b = &plan->base.net.blocks[block];
    dc_cpu_sink sink = {.finish = DC_CPU_FINISH_NONE};
    if (block == last_block(plan)) {
        sink.x = dc_cpu_view(plan->y);
        sink.finish = b->act == DC_ACT_TANH ? DC_CPU_FINISH_TANH : DC_CPU_FINISH_NONE;
    } else {
        sink.x = raw_of(plan, workspace, block);
        sink.finish = b->batch_norm && mode == DC_MODE_TRAIN ? DC_CPU_FINISH_MOMENTS : DC_CPU_FINISH_NONE;
    }
    return sink;
}

/* The gradient of a block's raw output. */
static dc_cpu_source gradient_of(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block, dc_view dy)
{
    const dc_cpu_layer *layer = &plan->layers[block];
    if (block == last_block(plan)) {
        bool tanh = plan->base.net.blocks[block].act == DC_ACT_TANH;
        return (dc_cpu_source){
            .reading = tanh ? DC_CPU_READ_TANH : DC_CPU_READ_PLAIN, .x = dc_cpu_view(dy), .y = dc_cpu_view(plan->y)};
    }
    bool norm = plan->base.net.blocks[block].batch_norm;
    return (dc_cpu_source){.reading = norm ? DC_CPU_READ_GRADIENT : DC_CPU_READ_PLAIN,
                           .x = workspace->buffers[block % 2],
                           .y = layer->raw,
                           .norms = layer->norms};
}

/* Where block `block` leaves the gradient of its input. */
static dc_cpu_sink input_gradient(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block, dc_view dx)
{
    if (block == 0)
        return (dc_cpu_sink){.finish = DC_CPU_FINISH_NONE, .x = dc_cpu_view(dx)};
    return (dc_cpu_sink){.finish = DC_CPU_FINISH_BACKWARD,
                         .x = workspace->buffers[(block - 1) % 2],
                         .y = plan->layers[block - 1].raw,
                         .norms = plan->layers[block - 1].norms};
}

static void add_weight_gradient(dc_cpu_plan *plan, int block, const dc_cpu_pass *pass, const dc_cpu_source *in,
                                const dc_cpu_source *d, bool add)
{
    bool widens = plan->layers[block].widens;
    dc_cpu_weights(pass, widens ? d : in, widens ? in : d, add,
                   dc_cpu_param(plan, DC_ROLE_GRADIENT, block, DC_PARAM_WEIGHT));
}

static dc_cpu_partials make_input_gradient(const dc_cpu_plan *plan, int block, const dc_cpu_pass *pass,
                                           const dc_cpu_source *d, const dc_cpu_sink *d_in)
{
    return (plan->layers[block].widens ? dc_cpu_down : dc_cpu_up)(pass, d, weights_of(plan, block), d_in);
}

/* ---- Slices ------------------------------------------------------------------------------------------ */

/* Items first..first+n-1 of blocks 0 and 1, all of one group. */
typedef struct slice {
    int first, n, group;
    dc_cpu_pass pass[2];
    dc_cpu_source in[2];
} slice;

/* Makes the output of block 0. */
static slice slice_at(const dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int first, int n)
{
    slice s = {.first = first, .n = n, .group = first / (plan->x.n / plan->groups)};
    for (int block = 0; block < 2; block++) {
        s.pass[block] = pass_of(plan, workspace, block);
        s.pass[block].items = n;
        s.pass[block].groups = 1;
    }
    s.in[0].x = dc_cpu_view((dc_view){plan->x.tensor, plan->x.first + first, n});
    s.in[1] = (dc_cpu_source){DC_CPU_READ_ACTIVATE, workspace->slice, NULL, plan->layers[0].norms};
    dc_cpu_down(&s.pass[0], &s.in[0], weights_of(plan, 0), &(dc_cpu_sink){.x = workspace->slice});
    return s;
}

static void forward_slice(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, const slice *s, int index, dc_mode mode)
{
    dc_cpu_sink out = output_of(plan, workspace, 1, mode);
    out.x += (size_t)s->first * plan->layers[1].out_size;
    dc_cpu_partials partials = dc_cpu_down(&s->pass[1], &s->in[1], weights_of(plan, 1), &out);
    if (out.finish == DC_CPU_FINISH_MOMENTS)
        dc_cpu_norm_merge(plan, &partials, index, &plan->moments);
}

static void backward_slice(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, const slice *s, dc_view dy, dc_view dx,
                           unsigned flags)
{
    bool add = flags & DC_GRAD_ACCUMULATE || s->first > 0;
    dc_cpu_source d[2] = {gradient_of(plan, workspace, 0, dy), gradient_of(plan, workspace, 1, dy)};
    size_t at = (size_t)s->first * plan->layers[1].out_size;
    d[1].x += at;
    d[1].y += at;
    d[1].norms += s->group;
    if (flags & DC_GRAD_PARAMS)
        add_weight_gradient(plan, 1, &s->pass[1], &s->in[1], &d[1], add);
    dc_cpu_sink d_in = input_gradient(plan, workspace, 1, dx);
    d_in.y = workspace->slice;
    make_input_gradient(plan, 1, &s->pass[1], &d[1], &d_in);
    if (flags & DC_GRAD_PARAMS)
        add_weight_gradient(plan, 0, &s->pass[0], &s->in[0], &d[0], add);
    if (flags & DC_GRAD_INPUT) {
        dc_cpu_sink out = {.x = dc_cpu_view((dc_view){dx.tensor, dx.first + s->first, s->n})};
        make_input_gradient(plan, 0, &s->pass[0], &d[0], &out);
    }
}

/* Items of the slice that begins with item `first`. */
static int slice_items(const dc_cpu_plan *plan, int first)
{
    int group_items = plan->x.n / plan->groups, left = group_items - first % group_items;
    return left < plan->slice ? left : plan->slice;
}

static dc_cpu_partials forward_slices(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, dc_mode mode)
{
    int index = 0;
    for (int first = 0, n; first < plan->x.n; first += n) {
        n = slice_items(plan, first);
        slice s = slice_at(plan, workspace, first, n);
        forward_slice(plan, workspace, &s, index++, mode);
    }
    plan->moments.per_group = index / plan->groups;
    return plan->moments;
}

static void backward_slices(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, dc_view dy, dc_view dx,
                            unsigned flags)
{
    for (int first = 0, n; first < plan->x.n; first += n) {
        n = slice_items(plan, first);
        slice s = slice_at(plan, workspace, first, n);
        backward_slice(plan, workspace, &s, dy, dx, flags);
    }
}

/* ---- The whole net ----------------------------------------------------------------------------------- */

static dc_cpu_partials forward_block(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, int block, dc_mode mode)
{
    dc_cpu_pass pass = pass_of(plan, workspace, block);
    dc_cpu_source in = input_of(plan, workspace, block);
    dc_cpu_sink out = output_of(plan, workspace, block, mode);
    return (plan->layers[block].widens ? dc_cpu_up : dc_cpu_down)(&pass, &in, weights_of(plan, block), &out);
}

void dc_cpu_forward(dc_plan *base, dc_view x, dc_view y, dc_mode mode, int groups)
{
    dc_cpu_plan *plan = (dc_cpu_plan *)base;
    bool generates = base->usage == DC_USAGE_GENERATE;
    assert(groups <= DC_CPU_MAX_GROUPS);
    if (generates && !plan->ready)
        dc_cpu_make_ready(plan);
    dc_cpu_workspace workspace = dc_cpu_workspace_of(plan);
    plan->x = x;
    plan->y = y;
    plan->groups = groups;
    for (int i = plan->sliced ? 1 : 0; i < base->net.block_count; i++) {
        bool sliced = plan->sliced && i == 1;
        dc_cpu_partials partials =
            sliced ? forward_slices(plan, &workspace, mode) : forward_block(plan, &workspace, i, mode);
        if (!base->net.blocks[i].batch_norm || generates)
            continue;
        if (mode == DC_MODE_TRAIN)
            dc_cpu_norm_train(plan, i, &partials);
        else
            dc_cpu_norm_eval(plan, i);
    }
}

void dc_cpu_backward(dc_plan *base, dc_view dy, dc_view dx, unsigned flags)
{
    dc_cpu_plan *plan = (dc_cpu_plan *)base;
    dc_cpu_workspace workspace = dc_cpu_workspace_of(plan);
    for (int i = last_block(plan); i >= 0; i--) {
        if (plan->sliced && i == 1) {
            backward_slices(plan, &workspace, dy, dx, flags);
            break;
        }
        dc_cpu_pass pass = pass_of(plan, &workspace, i);
        dc_cpu_source d = gradient_of(plan, &workspace, i, dy);
        if (flags & DC_GRAD_PARAMS) {
            dc_cpu_source in = input_of(plan, &workspace, i);
            add_weight_gradient(plan, i, &pass, &in, &d, flags & DC_GRAD_ACCUMULATE);
        }
        if (i == 0 && !(flags & DC_GRAD_INPUT))
            break;
        dc_cpu_sink d_in = input_gradient(plan, &workspace, i, dx);
        dc_cpu_partials partials = make_input_gradient(plan, i, &pass, &d, &d_in);
        if (i > 0 && base->net.blocks[i - 1].batch_norm)
            dc_cpu_norm_backward(plan, i - 1, &partials, flags);
    }
}

#define UPDATE_FLOATS 32768 /* of a task */

typedef struct update {
    dc_cpu_plan *plan;
    const dc_adam *adam;
} update;

static void update_task(void *context, int task, int worker)
{
    (void)worker;
    const update *u = context;
    const dc_cpu_plan *plan = u->plan;
    size_t first = (size_t)task * UPDATE_FLOATS, left = plan->trained - first;
    ((const dc_cpu_device *)plan->base.device)
        ->kernels->adam(u->adam, plan->base.updates, left < UPDATE_FLOATS ? left : UPDATE_FLOATS,
                        plan->roles[DC_ROLE_GRADIENT] + first, plan->roles[DC_ROLE_VALUE] + first,
                        plan->roles[DC_ROLE_MOMENT1] + first, plan->roles[DC_ROLE_MOMENT2] + first);
}

void dc_cpu_update(dc_plan *base, const dc_adam *adam)
{
    update u = {(dc_cpu_plan *)base, adam};
    base->updates++;
    dc_pool_run(((const dc_cpu_device *)base->device)->pool, update_task, &u,
                (int)((u.plan->trained + UPDATE_FLOATS - 1) / UPDATE_FLOATS));
}
