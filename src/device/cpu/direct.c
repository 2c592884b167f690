/* direct.c - the face up of an inner layer for a few pixels, a picture or two generated at once: a plain
 * matrix product for each tap, with the weights as they are.
 *
 * Wide row 2i + parity gets from narrow rows i - 1 + parity and i + parity: the narrow image is laid out once
 * for each of the nine shifts by -1, 0, 1 in y and x, and each tap multiplies one of them. */
#include "device/cpu/tiles.h"
#include "device/cpu/winograd.h"

#include <string.h>

#define SHIFTS      9
#define MOST_PIXELS 128 /* narrow ones, of all items */

typedef struct work {
    const dc_cpu_pass *pass;
    const dc_cpu_source *source;
    const dc_cpu_sink *sink;
    const float *weights;
    int pixels;           /* narrow ones of all items */
    size_t shift;         /* floats from one shifted image to the next */
    float *shifted;       /* [SHIFTS][pixels, rounded up to kernels->rows][narrow channels] */
    dc_cpu_chunks chunks; /* one per group */
    dc_cpu_partials partials;
    size_t own; /* floats of each worker's memory: [pixels, rounded up][kernels->columns] */
    float *workers;
} work;

bool dc_cpu_direct_pays(const dc_cpu_pass *pass)
{
    return pass->items * pass->conv->narrow_h * pass->conv->narrow_w <= MOST_PIXELS;
}

static work lay_out(const dc_cpu_pass *pass, dc_arena *scratch)
{
    const dc_cpu_conv *conv = pass->conv;
    const dc_cpu_kernels *kernels = pass->device->kernels;
    work w = {.pass = pass, .pixels = pass->items * conv->narrow_h * conv->narrow_w};
    size_t rows = (size_t)dc_cpu_round_up(w.pixels, kernels->rows);
    w.shift = rows * (size_t)conv->narrow_c;
    w.shifted = dc_cpu_take(scratch, SHIFTS * w.shift);
    w.chunks = dc_cpu_cut(pass->items, pass->groups, 1, pass->items);
    w.partials = dc_cpu_partials_take(scratch, &w.chunks, conv->wide_c);
    w.own = rows * (size_t)kernels->columns;
    w.workers = dc_cpu_take(scratch, w.own * (size_t)pass->device->threads);
    return w;
}

static void shift_task(void *context, int shift, int worker)
{
    (void)worker;
    const work *w = context;
    const dc_cpu_conv *conv = w->pass->conv;
    int dy = shift / 3 - 1, dx = shift % 3 - 1, first = dx < 0 ? 1 : 0, count = conv->narrow_w - (dx != 0);
    size_t channels = (size_t)conv->narrow_c, row = (size_t)conv->narrow_w * channels;
    float *to = w->shifted + (size_t)shift * w->shift;
    memset(to, 0, w->shift * sizeof(float));
    for (int i = 0; i < w->pass->items * conv->narrow_h; i++, to += row) {
        int item = i / conv->narrow_h, y = i % conv->narrow_h + dy;
        if (y < 0 || y >= conv->narrow_h)
            continue;
        size_t pixel = (size_t)(item * conv->narrow_h + y) * (size_t)conv->narrow_w + (dx > 0);
        dc_cpu_read(w->pass, w->source, item / (w->pass->items / w->pass->groups), conv->narrow_c, pixel, (size_t)count,
                    to + (size_t)first * channels);
    }
}

/* One output parity of one panel: the sum over its four taps. */
static void multiply_taps(const work *w, int parity, int panel, float *ret_sums)
{
    const dc_cpu_conv *conv = w->pass->conv;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    size_t narrow = (size_t)conv->narrow_c, width = (size_t)kernels->columns;
    const float *weights = dc_cpu_weights_panel(w->pass, w->weights, panel);
    for (int corner = 0; corner < 4; corner++) {
        int shift = (parity / 2 + corner / 2) * 3 + parity % 2 + corner % 2;
        kernels->multiply(w->shifted + (size_t)shift * w->shift, narrow, width, conv->narrow_c / kernels->columns,
                          kernels->columns, weights + (size_t)(parity * 4 + corner) * narrow * width, width, ret_sums,
                          width, w->pixels, corner > 0);
    }
}

static void panel_task(void *context, int panel, int worker)
{
    const work *w = context;
    const dc_cpu_conv *conv = w->pass->conv;
    int columns = w->pass->device->kernels->columns, first = panel * columns;
    float *sums = w->workers + (size_t)worker * w->own;
    for (int parity = 0; parity < 4; parity++) {
        multiply_taps(w, parity, panel, sums);
        for (int p = 0; p < w->pixels; p++) {
            int row = p / conv->narrow_w * 2 + parity / 2, x = p % conv->narrow_w * 2 + parity % 2;
            memcpy(w->sink->x + (size_t)(row * conv->wide_w + x) * (size_t)conv->wide_c + (size_t)first,
                   sums + p * columns, (size_t)columns * sizeof(float));
        }
    }
    size_t item = (size_t)conv->wide_h * (size_t)conv->wide_w;
    for (int chunk = 0; chunk < w->chunks.count; chunk++) {
        dc_cpu_span span = dc_cpu_span_of(&w->chunks, chunk);
        dc_cpu_finish_chunk(w->pass, w->sink, &w->partials, chunk, (size_t)span.first * item, (size_t)span.rows * item,
                            first, columns);
    }
}

dc_cpu_partials dc_cpu_direct_up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                                 const dc_cpu_sink *wide)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, &scratch);
    w.source = narrow;
    w.weights = weights;
    w.sink = wide;
    dc_pool_run(pass->device->pool, shift_task, &w, SHIFTS);
    dc_pool_run(pass->device->pool, panel_task, &w, pass->conv->wide_c / pass->device->kernels->columns);
    return w.partials;
}

size_t dc_cpu_direct_up_scratch(const dc_cpu_pass *pass)
{
    dc_arena arena = {0};
    lay_out(pass, &arena);
    return arena.offset;
}
