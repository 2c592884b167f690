/* picture.c - the layers at the picture, whose wide side has 1, 3 or 4 channels: too few for Winograd's
 * transforms to pay. Here the 4x4 patch of a picture under a narrow pixel, 16 * channels numbers, is a row of
 * a plain matrix. Weights are [patch][narrow channel]. */
#include "device/cpu/pass.h"

#include <string.h>

#define LEAST_ROWS 4   /* narrow rows of a chunk */
#define CHUNKS     32  /* at most, of a weight gradient: each holds a sum of its own */
#define TASKS      16  /* wanted at least */
#define BEYOND     8   /* floats that `overlap` may read behind a product */
#define SUM_PIXELS 128 /* whose patches a weight gradient gathers before it multiplies */

typedef struct work {
    const dc_cpu_pass *pass;
    const dc_cpu_source *wide, *narrow;
    const dc_cpu_sink *sink;
    dc_cpu_chunks chunks; /* of narrow rows */
    dc_cpu_partials partials;
    int patch, patch_rows, patch_columns; /* 16 * channels, rounded up to kernels->rows and ->columns */
    int row_pixels;                       /* narrow_w, rounded up to kernels->rows */
    int width;                            /* of the bordered picture */
    float *panels;                        /* weights: down [narrow / columns][patch][columns],
                                           * up [patch_columns / columns][narrow][columns] */
    float *sums;                          /* weights: [chunk][patch_rows][narrow] */
    size_t own;                           /* floats of each worker's memory */
    float *workers;
} work;

/* A worker's memory. */
typedef struct bench {
    float *picture;     /* bordered rows */
    float *patches;     /* [pixels][patch_rows] */
    float *narrow;      /* [pixels][narrow channels] */
    float *products[2]; /* up: of narrow row r in r % 2: [border, row_pixels, border][patch_columns], BEYOND */
} bench;

static int gathered_rows(const work *w)
{
    return dc_cpu_divide_up(SUM_PIXELS, w->pass->conv->narrow_w);
}

static bench take_bench(const work *w, dc_arena *arena)
{
    const dc_cpu_conv *conv = w->pass->conv;
    size_t pixels = (size_t)w->row_pixels + (size_t)gathered_rows(w) * (size_t)conv->narrow_w;
    int rows = dc_cpu_clamp(w->chunks.chunk_rows, 1, conv->narrow_h); /* of a piece */
    bench b;
    b.picture = dc_cpu_take(arena, (size_t)(2 * rows + 2) * (size_t)w->width * (size_t)conv->wide_c);
    b.patches = dc_cpu_take(arena, pixels * (size_t)w->patch_rows);
    b.narrow = dc_cpu_take(arena, pixels * (size_t)conv->narrow_c);
    for (int i = 0; i < 2; i++)
        b.products[i] = dc_cpu_take(arena, (size_t)(w->row_pixels + 2) * (size_t)w->patch_columns + BEYOND);
    return b;
}

static bench bench_of(const work *w, int worker)
{
    dc_arena arena = {.base = (char *)(w->workers + (size_t)worker * w->own), .size = w->own * sizeof(float)};
    return take_bench(w, &arena);
}

static work lay_out(const dc_cpu_pass *pass, bool gradient, dc_arena *scratch)
{
    const dc_cpu_conv *conv = pass->conv;
    const dc_cpu_kernels *kernels = pass->device->kernels;
    work w = {.pass = pass, .patch = 16 * conv->wide_c, .width = conv->wide_w + 2};
    w.patch_rows = dc_cpu_round_up(w.patch, kernels->rows);
    w.patch_columns = dc_cpu_round_up(w.patch, kernels->columns);
    w.row_pixels = dc_cpu_round_up(conv->narrow_w, kernels->rows);
    int total = pass->items * conv->narrow_h;
    int rows = gradient ? dc_cpu_divide_up(total, CHUNKS) : dc_cpu_clamp(total / TASKS, LEAST_ROWS, conv->narrow_h);
    w.chunks = dc_cpu_cut(pass->items, gradient ? 1 : pass->groups, conv->narrow_h, rows);
    if (gradient)
        w.sums = dc_cpu_take(scratch, (size_t)(w.chunks.count * w.patch_rows) * (size_t)conv->narrow_c);
    else {
        w.partials = dc_cpu_partials_take(scratch, &w.chunks, conv->narrow_c);
        w.panels = dc_cpu_take(scratch, (size_t)w.patch_columns * (size_t)conv->narrow_c);
    }
    dc_arena own = {0};
    take_bench(&w, &own);
    w.own = own.offset / sizeof(float);
    w.workers = dc_cpu_take(scratch, w.own * (size_t)pass->device->threads);
    return w;
}

/* A run of narrow rows within one item. */
typedef struct piece {
    int item, first, rows;
} piece;

/* The piece of a span that begins `done` rows into it. */
static piece piece_at(const work *w, const dc_cpu_span *span, int done)
{
    int row = span->first + done, item = row / w->chunks.item_rows, first = row % w->chunks.item_rows;
    int rows = w->chunks.item_rows - first, left = span->rows - done;
    return (piece){item, first, rows < left ? rows : left};
}

static size_t narrow_pixel(const work *w, int row)
{
    return (size_t)row * (size_t)w->pass->conv->narrow_w;
}

/* ---- Down -------------------------------------------------------------------------------------------- */

static void pack_down(work *w, const float *weights)
{
    const int columns = w->pass->device->kernels->columns, narrow = w->pass->conv->narrow_c;
    for (int q = 0; q < w->patch; q++)
        for (int k = 0; k < narrow; k++)
            w->panels[(k / columns * w->patch + q) * columns + k % columns] = weights[q * narrow + k];
}

static void down_piece(const work *w, const piece *p, const bench *b)
{
    const dc_cpu_conv *conv = w->pass->conv;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    size_t picture_row = (size_t)w->width * (size_t)conv->wide_c, channels = (size_t)conv->narrow_c;
    dc_cpu_side wide = dc_cpu_wide(conv);
    dc_cpu_read_bordered(w->pass, w->wide, &wide, p->item, 2 * p->first, 2 * p->rows + 2, w->width, b->picture);
    for (int r = 0; r < p->rows; r++) {
        kernels->gather(conv->wide_c, conv->narrow_w, b->picture + (size_t)(2 * r) * picture_row, picture_row,
                        b->patches, (size_t)w->patch_rows);
        for (int k = 0; k < conv->narrow_c; k += kernels->columns)
            kernels->multiply(b->patches, (size_t)w->patch_rows, 0, 1, w->patch, w->panels + k * w->patch,
                              (size_t)kernels->columns, b->narrow + k, channels, conv->narrow_w, false);
        size_t pixel = narrow_pixel(w, p->item * conv->narrow_h + p->first + r);
        memcpy(w->sink->x + pixel * channels, b->narrow, (size_t)conv->narrow_w * channels * sizeof(float));
    }
}

static void down_task(void *context, int chunk, int worker)
{
    const work *w = context;
    dc_cpu_span span = dc_cpu_span_of(&w->chunks, chunk);
    bench b = bench_of(w, worker);
    for (int done = 0; done < span.rows;) {
        piece p = piece_at(w, &span, done);
        down_piece(w, &p, &b);
        done += p.rows;
    }
    dc_cpu_finish_chunk(w->pass, w->sink, &w->partials, chunk, narrow_pixel(w, span.first), narrow_pixel(w, span.rows),
                        0, w->pass->conv->narrow_c);
}

static dc_cpu_partials down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, false, &scratch);
    w.wide = wide;
    w.sink = narrow;
    pack_down(&w, weights);
    dc_pool_run(pass->device->pool, down_task, &w, w.chunks.count);
    return w.partials;
}

/* ---- Up ---------------------------------------------------------------------------------------------- */

static void pack_up(work *w, const float *weights)
{
    const int columns = w->pass->device->kernels->columns, narrow = w->pass->conv->narrow_c;
    for (int q = 0; q < w->patch_columns; q++)
        for (int k = 0; k < narrow; k++)
            w->panels[(q / columns * narrow + k) * columns + q % columns] = q < w->patch ? weights[q * narrow + k] : 0;
}

/* The products of narrow row r, between two border pixels of zeros; all zeros beyond the image. */
static const float *multiply_row(const work *w, const piece *p, int r, const bench *b)
{
    const dc_cpu_conv *conv = w->pass->conv;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    size_t channels = (size_t)conv->narrow_c, pixel = (size_t)w->patch_columns;
    float *border = b->products[r & 1], *product = border + pixel, *end = product + (size_t)conv->narrow_w * pixel;
    if (r < 0 || r == conv->narrow_h) {
        memset(border, 0, (size_t)(conv->narrow_w + 2) * pixel * sizeof(float));
        return border;
    }
    dc_cpu_read(w->pass, w->narrow, p->item / (w->pass->items / w->pass->groups), conv->narrow_c,
                narrow_pixel(w, p->item * conv->narrow_h + r), (size_t)conv->narrow_w, b->narrow);
    for (int q = 0; q < w->patch_columns; q += kernels->columns)
        kernels->multiply(b->narrow, channels, 0, 1, conv->narrow_c, w->panels + q * conv->narrow_c,
                          (size_t)kernels->columns, product + q, pixel, conv->narrow_w, false);
    memset(border, 0, pixel * sizeof(float));
    memset(end, 0, pixel * sizeof(float)); /* `multiply` rounds its rows up */
    return border;
}

static void write_row(const work *w, const piece *p, int y, const float *above, const float *below, const bench *b)
{
    const dc_cpu_conv *conv = w->pass->conv;
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    if (y < 0 || y == conv->wide_h)
        return;
    size_t row = (size_t)conv->wide_w * (size_t)conv->wide_c;
    float *values = b->picture + conv->wide_c;
    kernels->overlap(conv->wide_c, conv->narrow_w, above, below, (size_t)w->patch_columns, b->picture);
    if (w->sink->finish == DC_CPU_FINISH_TANH)
        kernels->tanh(row, values);
    memcpy(w->sink->x + (size_t)(p->item * conv->wide_h + y) * row, values, row * sizeof(float));
}

/* Wide rows 2i - 1 and 2i are the sums of what narrow rows i - 1 and i give them, for i = 0 .. narrow_h. */
static void up_piece(const work *w, const piece *p, const bench *b)
{
    const int narrow_h = w->pass->conv->narrow_h, row = 4 * w->pass->conv->wide_c; /* of a patch */
    int end = p->first + p->rows == narrow_h ? narrow_h : p->first + p->rows - 1;
    const float *above = multiply_row(w, p, p->first - 1, b);
    for (int i = p->first; i <= end; i++) {
        const float *below = multiply_row(w, p, i, b);
        write_row(w, p, 2 * i - 1, above + 2 * row, below, b);
        write_row(w, p, 2 * i, above + 3 * row, below + row, b);
        above = below;
    }
}

static void up_task(void *context, int chunk, int worker)
{
    const work *w = context;
    dc_cpu_span span = dc_cpu_span_of(&w->chunks, chunk);
    bench b = bench_of(w, worker);
    for (int done = 0; done < span.rows;) {
        piece p = piece_at(w, &span, done);
        up_piece(w, &p, &b);
        done += p.rows;
    }
}

static dc_cpu_partials up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, false, &scratch);
    w.narrow = narrow;
    w.sink = wide;
    pack_up(&w, weights);
    dc_pool_run(pass->device->pool, up_task, &w, w.chunks.count);
    return (dc_cpu_partials){0}; /* the picture is never normalised */
}

/* ---- Weights ----------------------------------------------------------------------------------------- */

static void add_products(const work *w, const bench *b, int pixels, bool add, float *sum)
{
    const dc_cpu_kernels *kernels = w->pass->device->kernels;
    size_t narrow = (size_t)w->pass->conv->narrow_c;
    for (int q = 0; q < w->patch_rows; q += kernels->rows)
        for (size_t k = 0; k < narrow; k += (size_t)kernels->columns)
            kernels->outer(b->patches + q, (size_t)w->patch_rows, b->narrow + k, narrow, pixels,
                           sum + (size_t)q * narrow + k, narrow, add, sum, 0);
}

static void weights_piece(const work *w, const piece *p, const bench *b, bool add, float *sum)
{
    const dc_cpu_conv *conv = w->pass->conv;
    size_t picture_row = (size_t)w->width * (size_t)conv->wide_c;
    int group = p->item / (w->pass->items / w->pass->groups);
    dc_cpu_side wide = dc_cpu_wide(conv);
    dc_cpu_read_bordered(w->pass, w->wide, &wide, p->item, 2 * p->first, 2 * p->rows + 2, w->width, b->picture);
    for (int first = 0, step = gathered_rows(w); first < p->rows; first += step) {
        int rows = p->rows - first < step ? p->rows - first : step;
        size_t pixel = narrow_pixel(w, p->item * conv->narrow_h + p->first + first);
        dc_cpu_read(w->pass, w->narrow, group, conv->narrow_c, pixel, narrow_pixel(w, rows), b->narrow);
        for (int r = 0; r < rows; r++)
            w->pass->device->kernels->gather(
                conv->wide_c, conv->narrow_w, b->picture + (size_t)(2 * (first + r)) * picture_row, picture_row,
                b->patches + narrow_pixel(w, r) * (size_t)w->patch_rows, (size_t)w->patch_rows);
        add_products(w, b, rows * conv->narrow_w, add || first > 0, sum);
    }
}

static void weights_task(void *context, int chunk, int worker)
{
    const work *w = context;
    dc_cpu_span span = dc_cpu_span_of(&w->chunks, chunk);
    bench b = bench_of(w, worker);
    float *sum = w->sums + (size_t)(chunk * w->patch_rows) * (size_t)w->pass->conv->narrow_c;
    for (int done = 0; done < span.rows;) {
        piece p = piece_at(w, &span, done);
        weights_piece(w, &p, &b, done > 0, sum);
        done += p.rows;
    }
}

static void weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient)
{
    dc_arena scratch = pass->scratch;
    work w = lay_out(pass, true, &scratch);
    w.wide = wide;
    w.narrow = narrow;
    dc_pool_run(pass->device->pool, weights_task, &w, w.chunks.count);
    size_t narrow_c = (size_t)pass->conv->narrow_c, count = (size_t)w.patch * narrow_c;
    size_t apart = (size_t)w.patch_rows * narrow_c;
    if (!add)
        memset(ret_gradient, 0, count * sizeof(float));
    for (int chunk = 0; chunk < w.chunks.count; chunk++)
        pass->device->kernels->add(count, w.sums + (size_t)chunk * apart, ret_gradient);
}

static size_t scratch_size(const dc_cpu_pass *pass, bool train)
{
    dc_arena product_arena = {0}, weights_arena = {0};
    lay_out(pass, false, &product_arena);
    if (train)
        lay_out(pass, true, &weights_arena);
    return dc_cpu_most(product_arena.offset, weights_arena.offset);
}

const dc_cpu_faces dc_cpu_picture = {down, up, weights, scratch_size};
