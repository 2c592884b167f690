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
    for (int i = 0; i < base->net.block_count; i++) {
        dc_cpu_pass pass = pass_of(plan, &workspace, i);
        dc_cpu_source in = input_of(plan, &workspace, i);
        dc_cpu_sink out = output_of(plan, &workspace, i, mode);
        dc_cpu_partials partials =
            (plan->layers[i].widens ? dc_cpu_up : dc_cpu_down)(&pass, &in, weights_of(plan, i), &out);
        if (!base->net.blocks[i].batch_norm || generates)
            continue;
        if (mode == DC_MODE_TRAIN)
            dc_cpu_norm_train(plan, i, &partials);
        else
            dc_cpu_norm_eval(plan, i);
    }
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

/* Items first..first+n-1, all of one group, of what block 1 leaves to block 0, and all of block 0. */
static void backward_slice(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, dc_view dy, dc_view dx, unsigned flags,
                           int first, int n)
{
    int group = first / (plan->x.n / plan->groups);
    dc_cpu_pass pass = pass_of(plan, workspace, 1), pass0 = pass_of(plan, workspace, 0);
    pass.items = pass0.items = n;
    pass.groups = pass0.groups = 1;
    dc_cpu_source d = gradient_of(plan, workspace, 1, dy);
    size_t at = (size_t)first * plan->layers[1].out_size, at0 = (size_t)first * plan->layers[0].out_size;
    d.x += at;
    d.y += at;
    d.norms += group;
    dc_cpu_sink d_in = input_gradient(plan, workspace, 1, dx);
    d_in.y += at0;
    d_in.norms += group;
    make_input_gradient(plan, 1, &pass, &d, &d_in);

    dc_cpu_source d0 = gradient_of(plan, workspace, 0, dy), in = {.reading = DC_CPU_READ_PLAIN};
    in.x = dc_cpu_view((dc_view){plan->x.tensor, plan->x.first + first, n});
    if (flags & DC_GRAD_PARAMS)
        add_weight_gradient(plan, 0, &pass0, &in, &d0, flags & DC_GRAD_ACCUMULATE || first > 0);
    if (flags & DC_GRAD_INPUT) {
        dc_cpu_sink out = {.x = dc_cpu_view((dc_view){dx.tensor, dx.first + first, n})};
        make_input_gradient(plan, 0, &pass0, &d0, &out);
    }
}

static void backward_slices(dc_cpu_plan *plan, const dc_cpu_workspace *workspace, dc_view dy, dc_view dx,
                            unsigned flags)
{
    int group_items = plan->x.n / plan->groups;
    for (int first = 0, n; first < plan->x.n; first += n) {
        int left = group_items - first % group_items;
        n = left < workspace->slice ? left : workspace->slice;
        backward_slice(plan, workspace, dy, dx, flags, first, n);
    }
}

void dc_cpu_backward(dc_plan *base, dc_view dy, dc_view dx, unsigned flags)
{
    dc_cpu_plan *plan = (dc_cpu_plan *)base;
    dc_cpu_workspace workspace = dc_cpu_workspace_of(plan);
    for (int i = last_block(plan); i >= 0; i--) {
        dc_cpu_pass pass = pass_of(plan, &workspace, i);
        dc_cpu_source d = gradient_of(plan, &workspace, i, dy);
        if (flags & DC_GRAD_PARAMS) {
            dc_cpu_source in = input_of(plan, &workspace, i);
            add_weight_gradient(plan, i, &pass, &in, &d, flags & DC_GRAD_ACCUMULATE);
        }
        if (i == 1 && !base->net.blocks[0].batch_norm) {
            backward_slices(plan, &workspace, dy, dx, flags);
            break;
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
