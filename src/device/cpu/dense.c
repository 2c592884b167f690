/* dense.c - the layers at the narrow end, 1x1 <-> h x w: a matrix [narrow][h * w * wide channels], kept in panels
 * [h * w * wide / columns][narrow][columns]. */
#include "device/cpu/pass.h"

#include <string.h>

#define PANELS       4  /* of wide columns in a task */
#define FINISH_TASKS 16 /* chunks of items that `up` finishes */

typedef struct work {
    const dc_cpu_pass *pass;
    const dc_cpu_source *wide, *narrow;
    const dc_cpu_sink *sink;
    const float *weights;
    int pixels;           /* h * w of the wide side */
    int columns;          /* of the matrix */
    int rows;             /* narrow channels, rounded up to kernels->rows */
    int items;            /* rounded up to kernels->rows */
    dc_cpu_chunks chunks; /* of items */
    dc_cpu_partials partials;
    float *inputs; /* up and weights: a copy of the narrow side, [items][rows] */
    size_t own;    /* floats of each worker's memory */
    float *workers;
    bool add;
    float *result;
} work;

static work lay_out(const dc_cpu_pass *pass, dc_arena *scratch)
{
    const dc_cpu_conv *conv = pass->conv;
    const dc_cpu_kernels *kernels = pass->device->kernels;
    work w = {.pass = pass, .pixels = conv->wide_h * conv->wide_w};
    w.columns = w.pixels * conv->wide_c;
    w.rows = dc_cpu_round_up(conv->narrow_c, kernels->rows);
    w.items = dc_cpu_round_up(pass->items, kernels->rows);
    w.chunks = dc_cpu_cut(pass->items, pass->groups, 1, pass->items / FINISH_TASKS);
    w.partials = dc_cpu_partials_take(scratch, &w.chunks, conv->wide_c);
    w.inputs = dc_cpu_take(scratch, (size_t)w.items * (size_t)w.rows);
    size_t panel = (size_t)(w.rows + w.items) * (size_t)kernels->columns, item = (size_t)w.columns;
    w.own = dc_cpu_most(panel, item);
    w.workers = dc_cpu_take(scratch, w.own * (size_t)pass->device->threads);
    return w;
}

static void copy_inputs(const work *w)
{
    const int narrow = w->pass->conv->narrow_c;
    memset(w->inputs, 0, (size_t)w->items * (size_t)w->rows * sizeof(float));
    for (int n = 0; n < w->pass->items; n++)
        dc_cpu_read(w->pass, w->narrow, 0, narrow, (size_t)n, 1, w->inputs + (size_t)n * (size_t)w->rows);
}

static int tasks_of(const work *w)
{
    return dc_cpu_divide_up(w->columns / w->pass->device->kernels->columns, PANELS);
}

/* ---- Down: dot products ------------------------------------------------------------------------------ */

static void down_task(void *context, int item, int worker)
{
    const work *w = context;
    const dc_cpu_conv *conv = w->pass->conv;
    float *wide = w->workers + (size_t)worker * w->own;
    int group = item / (w->pass->items / w->pass->groups);
    dc_cpu_read(w->pass, w->wide, group, conv->wide_c, (size_t)item * (size_t)w->pixels, (size_t)w->pixels, wide);
    size_t width = (size_t)w->pass->device->kernels->columns;
    for (int o = 0; o < conv->narrow_c; o++)
        w->sink->x[item * conv->narrow_c + o] = w->pass->device->kernels->dot(
            (size_t)w->columns / width, wide, w->weights + (size_t)o * width, (size_t)conv->narrow_c * width);
}

static dc_cpu_partials down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, &scratch);
    w.wide = wide;
    w.weights = weights;
    w.sink = narrow;
    dc_pool_run(pass->device->pool, down_task, &w, pass->items);
    return (dc_cpu_partials){0}; /* logits and latents are never normalised */
}

/* ---- Up ---------------------------------------------------------------------------------------------- */

static void up_task(void *context, int task, int worker)
{
    const work *w = context;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    const int width = kernels->columns, narrow = w->pass->conv->narrow_c;
    float *product = w->workers + (size_t)worker * w->own;
    for (int j = task * PANELS * width; j < (task + 1) * PANELS * width && j < w->columns; j += width) {
        kernels->multiply(w->inputs, (size_t)w->rows, 0, 1, narrow, w->weights + (size_t)j * (size_t)narrow,
                          (size_t)width, product, (size_t)width, w->pass->items, false);
        for (int n = 0; n < w->pass->items; n++)
            memcpy(w->sink->x + (size_t)n * (size_t)w->columns + j, product + n * width, (size_t)width * sizeof(float));
    }
}

static void finish_task(void *context, int chunk, int worker)
{
    (void)worker;
    const work *w = context;
    dc_cpu_span span = dc_cpu_span_of(&w->chunks, chunk);
    dc_cpu_finish_chunk(w->pass, w->sink, &w->partials, chunk, (size_t)span.first * (size_t)w->pixels,
                        (size_t)span.rows * (size_t)w->pixels, 0, w->pass->conv->wide_c);
}

static dc_cpu_partials up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, &scratch);
    w.narrow = narrow;
    w.weights = weights;
    w.sink = wide;
    copy_inputs(&w);
    dc_pool_run(pass->device->pool, up_task, &w, tasks_of(&w));
    if (wide->finish != DC_CPU_FINISH_NONE)
        dc_pool_run(pass->device->pool, finish_task, &w, w.chunks.count);
    return w.partials;
}

/* ---- Weights ----------------------------------------------------------------------------------------- */

/* The same normalisation for channels from `first` on. */
static dc_cpu_norm norm_from(const dc_cpu_norm *norm, int first)
{
    return (dc_cpu_norm){norm->mean + first, norm->inverse + first, norm->scale + first, norm->shift + first,
                         norm->tilt + first, norm->lift + first,    norm->slope};
}

/* Columns j..j+width-1 of the wide side of all items: [items][width]. */
static void read_columns(const work *w, int j, int width, float *ret_panel)
{
    const int channel = j % w->pass->conv->wide_c, group_items = w->pass->items / w->pass->groups;
    dc_cpu_norm norms[DC_CPU_MAX_GROUPS];
    for (int group = 0; w->wide->norms && group < w->pass->groups; group++)
        norms[group] = norm_from(&w->wide->norms[group], channel);
    for (int n = 0; n < w->pass->items; n++) {
        size_t offset = (size_t)n * (size_t)w->columns + (size_t)j;
        dc_cpu_source part = {w->wide->reading, w->wide->x + offset, w->wide->y ? w->wide->y + offset : NULL, norms};
        dc_cpu_read(w->pass, &part, n / group_items, width, 0, 1, ret_panel + n * width);
    }
}

static void weights_task(void *context, int task, int worker)
{
    const work *w = context;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    const int width = kernels->columns;
    float *panel = w->workers + (size_t)worker * w->own, *product = panel + w->items * width;
    for (int j = task * PANELS * width; j < (task + 1) * PANELS * width && j < w->columns; j += width) {
        read_columns(w, j, width, panel);
        for (int o = 0; o < w->rows; o += kernels->rows)
            kernels->outer(w->inputs + o, (size_t)w->rows, panel, (size_t)width, w->pass->items, product + o * width,
                           (size_t)width, false, panel, 0);
        for (int o = 0; o < w->pass->conv->narrow_c; o++) {
            float *to = w->result + (size_t)j * (size_t)w->pass->conv->narrow_c + o * width;
            if (w->add)
                kernels->add((size_t)width, product + o * width, to);
            else
                memcpy(to, product + o * width, (size_t)width * sizeof(float));
        }
    }
}

static void weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, &scratch);
    w.wide = wide;
    w.narrow = narrow;
    w.add = add;
    w.result = ret_gradient;
    copy_inputs(&w);
    dc_pool_run(pass->device->pool, weights_task, &w, tasks_of(&w));
}

static size_t scratch_size(const dc_cpu_pass *pass, bool train)
{
    (void)train;
    dc_arena arena = {0};
    lay_out(pass, &arena);
    return arena.offset;
}

const dc_cpu_faces dc_cpu_dense = {down, up, weights, scratch_size};
