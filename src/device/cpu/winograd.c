/* winograd.c - the inner layers: 4x4 convolutions of stride 2 by polyphase Winograd, F(2x2, 2x2) or
 * F(4x4, 2x2); docs/winograd.md has the mathematics.
 *
 * down and up: each task takes a chunk of tile rows through all of it (read, transform, multiply, transform
 * back, finish) in memory of its own that fits the second-level cache. Where there are few tiles, several
 * tasks share a chunk and split its output channels, and each transforms the inputs anew.
 * weights: V and Y of a portion of the batch are made by all; then each task takes a panel of V, adds up its
 * products with Y, transforms them back, and adds them to the gradient. */
#include "device/cpu/pass.h"

#define TASKS          12                /* wanted at least, for threads to share evenly */
#define LEAST_TILES    32                /* of a chunk: the weights are read once per chunk */
#define SUM_TILES      256               /* added up at a time by `outer`, from the first-level cache */

typedef struct tiling {
    int tile, points; /* points = (tile + 1)^2 */
    int rows, columns; /* tiles of an item */
} tiling;

static tiling tiling_of(const dc_cpu_conv *conv, int tile)
{
    return (tiling){tile, (tile + 1) * (tile + 1), dc_cpu_divide_up(conv->narrow_h, tile),
                    dc_cpu_divide_up(conv->narrow_w, tile)};
}

static dc_cpu_tile_row tile_row(const dc_cpu_conv *conv, const tiling *t, int row)
{
    int left = conv->narrow_h - row * t->tile;
    return (dc_cpu_tile_row){.tile = t->tile,
                             .tiles = t->columns,
                             .height = left < t->tile ? left : t->tile,
                             .last = conv->narrow_w - (t->columns - 1) * t->tile};
}

/* A matrix of so many rows and columns for each point. Points lie a cache line further apart than they
 * need: at powers of two they would compete for the same places in the cache. */
static dc_cpu_points take_points(dc_arena *arena, int points, int rows, int columns, int width)
{
    size_t panel = (size_t)rows * (size_t)width;
    size_t point = (size_t)dc_cpu_divide_up(columns, width) * panel + DC_ALIGNMENT / sizeof(float);
    return (dc_cpu_points){dc_cpu_take(arena, (size_t)points * point), point, panel};
}

static dc_cpu_points offset_points(const dc_cpu_points *points, size_t offset)
{
    return (dc_cpu_points){points->at + offset, points->point, points->panel};
}

/* ---- Down and up ------------------------------------------------------------------------------------- */

typedef struct convolution {
    const dc_cpu_pass *pass;
    const dc_cpu_source *source;
    const dc_cpu_sink *sink;
    const float *weights;
    bool up;
    int parities; /* of the output: 4 if up, else 1 */
    dc_cpu_side in, out;
    tiling tiles;
    int columns;       /* of V: channels of all input parities */
    int panels, parts; /* of output channels; tasks that share them */
    dc_cpu_chunks chunks;
    dc_cpu_partials partials;
    dc_cpu_points u;      /* [parity][point] of panels [columns][kernels->columns] */
    int in_rows, in_width; /* of the bordered input: rows per tile row, columns */
    size_t own;           /* floats of each worker's memory */
    float *workers;
} convolution;

/* A worker's memory. */
typedef struct bench {
    float *in;          /* the chunk's bordered rows */
    dc_cpu_points v, m; /* of one output parity */
} bench;

static size_t in_floats(const convolution *c, int tile_rows)
{
    return (size_t)(tile_rows * c->in_rows + 2) * (size_t)c->in_width * (size_t)c->in.c;
}

static bench take_bench(const convolution *c, dc_arena *arena)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    int rows = dc_cpu_round_up(c->chunks.chunk_rows * c->tiles.columns, kernels->rows);
    int pieces = dc_cpu_divide_up(c->chunks.chunk_rows, c->chunks.item_rows) + 1;
    bench b;
    b.in = dc_cpu_take(arena, in_floats(c, c->chunks.chunk_rows) +
                                  (size_t)pieces * 2 * (size_t)c->in_width * (size_t)c->in.c);
    b.v = take_points(arena, c->tiles.points, rows, c->columns, kernels->columns);
    b.m = take_points(arena, c->tiles.points, rows, dc_cpu_divide_up(c->panels, c->parts) * kernels->columns,
                      kernels->columns);
    return b;
}

static bench bench_of(const convolution *c, int worker)
{
    dc_arena arena = {.base = (char *)(c->workers + (size_t)worker * c->own), .size = c->own * sizeof(float)};
    return take_bench(c, &arena);
}

/* Tiles of a chunk: as many as fill half of the second-level cache with V. */
static int chunk_tiles(const convolution *c)
{
    size_t tile_bytes = (size_t)c->tiles.points * (size_t)c->columns * sizeof(float);
    size_t tiles = c->pass->device->level2 / 2 / tile_bytes;
    return tiles < LEAST_TILES ? LEAST_TILES : (int)tiles;
}

static convolution lay_out(const dc_cpu_pass *pass, bool up, dc_arena *scratch)
{
    const dc_cpu_conv *conv = pass->conv;
    const dc_cpu_kernels *kernels = pass->device->kernels;
    convolution c = {.pass = pass, .up = up, .parities = up ? 4 : 1, .tiles = tiling_of(conv, conv->tile)};
    c.in = up ? dc_cpu_narrow(conv) : dc_cpu_wide(conv);
    c.out = up ? dc_cpu_wide(conv) : dc_cpu_narrow(conv);
    c.columns = up ? c.in.c : 4 * c.in.c;
    c.in_rows = up ? c.tiles.tile : 2 * c.tiles.tile;
    c.in_width = c.in_rows * c.tiles.columns + 2;
    c.chunks = dc_cpu_cut(pass->items, pass->groups, c.tiles.rows, chunk_tiles(&c) / c.tiles.columns);
    c.panels = c.out.c / kernels->columns;
    c.parts = dc_cpu_clamp(dc_cpu_divide_up(TASKS, c.chunks.count), 1, c.panels);
    c.partials = dc_cpu_partials_take(scratch, &c.chunks, c.out.c);
    c.u = take_points(scratch, c.parities * c.tiles.points, c.columns, c.out.c, kernels->columns);
    dc_arena own = {0};
    take_bench(&c, &own);
    c.own = own.offset / sizeof(float);
    c.workers = dc_cpu_take(scratch, c.own * (size_t)pass->device->threads);
    return c;
}

static void transform_weights(void *context, int task, int worker)
{
    (void)worker;
    const convolution *c = context;
    const dc_cpu_conv *conv = c->pass->conv;
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    (c->up ? kernels->weights_up : kernels->weights_down)(conv->tile, c->weights, conv->narrow_c, conv->wide_c,
                                                          task * kernels->columns, &c->u);
}

/* A run of tile rows within one item, and what lies before it in its chunk. */
typedef struct piece {
    int item, first, rows;
    int tiles; /* before */
    float *in;
} piece;

/* The next piece of a span after `p`, which is zero at first; false at the end. */
static bool next_piece(const convolution *c, const dc_cpu_span *span, float *in, piece *p)
{
    int done = p->tiles / c->tiles.columns + p->rows, row = span->first + done;
    if (done == span->rows)
        return false;
    piece next = {.item = row / c->tiles.rows, .first = row % c->tiles.rows, .tiles = done * c->tiles.columns};
    next.rows = c->tiles.rows - next.first < span->rows - done ? c->tiles.rows - next.first : span->rows - done;
    next.in = p->in ? p->in + in_floats(c, p->rows) : in;
    *p = next;
    return true;
}

static void read_inputs(const convolution *c, const dc_cpu_span *span, const bench *b)
{
    for (piece p = {0}; next_piece(c, span, b->in, &p);)
        dc_cpu_read_bordered(c->pass, c->source, &c->in, p.item, p.first * c->in_rows, p.rows * c->in_rows + 2,
                             c->in_width, p.in);
}

static void transform_inputs(const convolution *c, const dc_cpu_span *span, int parity, const bench *b)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t row = (size_t)c->in_width * (size_t)c->in.c;
    int in_parities = c->up ? 1 : 4, step = c->up ? 1 : 2;
    for (piece p = {0}; next_piece(c, span, b->in, &p);)
        for (int i = 0; i < p.rows; i++)
            for (int q = 0; q < in_parities; q++) {
                int corner = c->up ? parity : q;
                dc_cpu_tile_row tiles = tile_row(c->pass->conv, &c->tiles, p.first + i);
                dc_cpu_pixels in = {.at = p.in + (size_t)(i * c->in_rows + corner / 2) * row +
                                          (size_t)(corner % 2) * (size_t)c->in.c,
                                    .row = row,
                                    .channels = c->in.c};
                size_t column = (size_t)(q * c->in.c / kernels->columns) * b->v.panel;
                dc_cpu_points v = offset_points(
                    &b->v, column + (size_t)(p.tiles + i * c->tiles.columns) * (size_t)kernels->columns);
                kernels->pixels_to_v(&tiles, &in, step, &v);
            }
}

static void multiply_points(const convolution *c, int tiles, int parity, int first, int panels, const bench *b)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t width = (size_t)kernels->columns;
    for (int point = 0; point < c->tiles.points; point++) {
        const float *u = c->u.at + (size_t)(parity * c->tiles.points + point) * c->u.point;
        for (int i = 0; i < panels; i++)
            kernels->multiply(b->v.at + (size_t)point * b->v.point, width, b->v.panel, c->columns / kernels->columns,
                              kernels->columns, u + (size_t)(first + i) * c->u.panel,
                              b->m.at + (size_t)point * b->m.point + (size_t)i * b->m.panel, width, tiles);
    }
}

/* Where tile row `row` of the batch begins in the output. */
static size_t out_pixel(const convolution *c, int row)
{
    int step = c->up ? 2 : 1, item = row / c->tiles.rows, y = row % c->tiles.rows * c->tiles.tile * step;
    return ((size_t)item * (size_t)c->out.h + (size_t)y) * (size_t)c->out.w;
}

static void write_outputs(const convolution *c, const dc_cpu_span *span, int parity, int first, int panels,
                          const bench *b)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t channels = (size_t)c->out.c, row = (size_t)c->out.w * channels;
    for (int i = 0; i < span->rows; i++) {
        dc_cpu_tile_row tiles = tile_row(c->pass->conv, &c->tiles, (span->first + i) % c->tiles.rows);
        dc_cpu_points m = offset_points(&b->m, (size_t)(i * c->tiles.columns) * (size_t)kernels->columns);
        float *out = c->sink->x + out_pixel(c, span->first + i) * channels + (size_t)(parity / 2) * row +
                     (size_t)(parity % 2) * channels + (size_t)(first * kernels->columns);
        kernels->m_to_pixels(&tiles, &m, panels, c->up ? 2 : 1, row, c->out.c, out);
    }
}

static void convolve(void *context, int task, int worker)
{
    const convolution *c = context;
    int chunk = task % c->chunks.count, part = task / c->chunks.count;
    int first = c->panels * part / c->parts, panels = c->panels * (part + 1) / c->parts - first;
    dc_cpu_span span = dc_cpu_span_of(&c->chunks, chunk);
    bench b = bench_of(c, worker);
    read_inputs(c, &span, &b);
    for (int parity = 0; parity < c->parities; parity++) {
        transform_inputs(c, &span, parity, &b);
        multiply_points(c, span.rows * c->tiles.columns, parity, first, panels, &b);
        write_outputs(c, &span, parity, first, panels, &b);
    }
    int columns = c->pass->device->kernels->columns;
    size_t pixel = out_pixel(c, span.first);
    dc_cpu_finish_chunk(c->pass, c->sink, &c->partials, chunk, pixel, out_pixel(c, span.first + span.rows) - pixel,
                        first * columns, panels * columns);
}

static dc_cpu_partials run(const dc_cpu_pass *pass, bool up, const dc_cpu_source *source, const float *weights,
                           const dc_cpu_sink *sink)
{
    dc_arena scratch = pass->scratch;
    convolution c = lay_out(pass, up, &scratch);
    c.source = source;
    c.weights = weights;
    c.sink = sink;
    dc_pool_run(pass->device->pool, transform_weights, &c, pass->conv->narrow_c / pass->device->kernels->columns);
    dc_pool_run(pass->device->pool, convolve, &c, c.chunks.count * c.parts);
    return c.partials;
}

static dc_cpu_partials down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow)
{
    return run(pass, false, wide, weights, narrow);
}

static dc_cpu_partials up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide)
{
    return run(pass, true, narrow, weights, wide);
}

/* ---- Weights ----------------------------------------------------------------------------------------- */

typedef struct gradient {
    const dc_cpu_pass *pass;
    const dc_cpu_source *wide, *narrow;
    tiling tiles;
    int portion_rows, chunk_rows;  /* tile rows of a portion; of one task that transforms */
    int first, rows;               /* of the portion at work */
    dc_cpu_points v, y;            /* of a portion */
    int wide_rows, wide_width;     /* of the bordered inputs: rows per tile row, columns */
    int narrow_rows, narrow_width;
    size_t own;                    /* floats of each worker's memory: bordered input, or sums of products */
    float *workers;
    bool add;
    float *result;
} gradient;

/* The products of one panel: [point][narrow channel][kernels->columns]. */
static dc_cpu_points take_products(const dc_cpu_pass *pass, int points, dc_arena *arena)
{
    const dc_cpu_kernels *kernels = pass->device->kernels;
    return take_points(arena, points, dc_cpu_round_up(pass->conv->narrow_c, kernels->rows), kernels->columns,
                       kernels->columns);
}

static size_t bordered_floats(int rows, int width, int channels)
{
    return (size_t)(rows + 2) * (size_t)width * (size_t)channels;
}

/* Of V and Y. A portion costs a pass over the gradient, so it should be no smaller than the products; but the
 * smaller, the better it is kept by the third-level cache. */
static size_t portion_bytes(const dc_cpu_pass *pass, const tiling *tiles)
{
    const dc_cpu_conv *conv = pass->conv;
    size_t products = (size_t)tiles->points * (size_t)(4 * conv->wide_c) * (size_t)conv->narrow_c * sizeof(float);
    size_t most = pass->device->level3 * 3 / 4, least = pass->device->level3 / 8;
    return products < least ? least : products > most ? most : products;
}

static gradient lay_out_gradient(const dc_cpu_pass *pass, dc_arena *scratch)
{
    const dc_cpu_conv *conv = pass->conv;
    const dc_cpu_kernels *kernels = pass->device->kernels;
    gradient g = {.pass = pass, .tiles = tiling_of(conv, conv->weights_tile)};
    size_t tile_bytes = (size_t)g.tiles.points * (size_t)(4 * conv->wide_c + conv->narrow_c) * sizeof(float);
    int total = pass->items * g.tiles.rows;
    int most = dc_cpu_clamp((int)(portion_bytes(pass, &g.tiles) / tile_bytes) / g.tiles.columns, 1, total);
    g.portion_rows = dc_cpu_divide_up(total, dc_cpu_divide_up(total, most)); /* equal portions */
    g.chunk_rows = dc_cpu_clamp(dc_cpu_divide_up(most, TASKS), 1, g.tiles.rows);
    g.wide_rows = 2 * g.tiles.tile;
    g.narrow_rows = g.tiles.tile;
    g.wide_width = g.wide_rows * g.tiles.columns + 2;
    g.narrow_width = g.narrow_rows * g.tiles.columns + 2;
    int tiles = most * g.tiles.columns;
    g.v = take_points(scratch, g.tiles.points, tiles, 4 * conv->wide_c, kernels->columns);
    g.y = take_points(scratch, g.tiles.points, tiles, conv->narrow_c, kernels->y_width);
    size_t wide = bordered_floats(g.chunk_rows * g.wide_rows, g.wide_width, conv->wide_c);
    size_t narrow = bordered_floats(g.chunk_rows * g.narrow_rows, g.narrow_width, conv->narrow_c);
    dc_arena products = {0};
    take_products(pass, g.tiles.points, &products);
    g.own = dc_cpu_most(wide, dc_cpu_most(narrow, products.offset / sizeof(float)));
    g.workers = dc_cpu_take(scratch, g.own * (size_t)pass->device->threads);
    return g;
}

/* Transforms `rows` tile rows of one item, which are tile rows `at` onwards of the portion. */
static void transform_piece(const gradient *g, int item, int first, int rows, int at, float *in)
{
    const dc_cpu_conv *conv = g->pass->conv;
    const dc_cpu_kernels *kernels = g->pass->device->kernels;
    dc_cpu_side wide = dc_cpu_wide(conv), narrow = dc_cpu_narrow(conv);
    size_t wide_row = (size_t)g->wide_width * (size_t)wide.c, narrow_row = (size_t)g->narrow_width * (size_t)narrow.c;
    dc_cpu_read_bordered(g->pass, g->wide, &wide, item, first * g->wide_rows, rows * g->wide_rows + 2, g->wide_width,
                         in);
    for (int i = 0; i < rows; i++)
        for (int parity = 0; parity < 4; parity++) {
            dc_cpu_tile_row tiles = tile_row(conv, &g->tiles, first + i);
            dc_cpu_pixels pixels = {in + (size_t)(i * g->wide_rows + parity / 2) * wide_row +
                                        (size_t)(parity % 2) * (size_t)wide.c,
                                    wide_row, wide.c};
            size_t column = (size_t)(parity * wide.c / kernels->columns) * g->v.panel;
            dc_cpu_points v = offset_points(
                &g->v, column + (size_t)((at + i) * g->tiles.columns) * (size_t)kernels->columns);
            kernels->pixels_to_v(&tiles, &pixels, 2, &v);
        }
    dc_cpu_read_bordered(g->pass, g->narrow, &narrow, item, first * g->narrow_rows, rows * g->narrow_rows + 2,
                         g->narrow_width, in);
    for (int i = 0; i < rows; i++) {
        dc_cpu_tile_row tiles = tile_row(conv, &g->tiles, first + i);
        dc_cpu_pixels pixels = {in + (size_t)(i * g->narrow_rows + 1) * narrow_row + narrow.c, narrow_row, narrow.c};
        dc_cpu_points y = offset_points(&g->y, (size_t)((at + i) * g->tiles.columns) * (size_t)kernels->y_width);
        kernels->pixels_to_y(&tiles, &pixels, &y);
    }
}

static void transform_chunk(void *context, int task, int worker)
{
    const gradient *g = context;
    int at = task * g->chunk_rows, end = at + g->chunk_rows < g->rows ? at + g->chunk_rows : g->rows;
    while (at < end) {
        int row = g->first + at, item = row / g->tiles.rows, first = row % g->tiles.rows;
        int rows = g->tiles.rows - first < end - at ? g->tiles.rows - first : end - at;
        transform_piece(g, item, first, rows, at, g->workers + (size_t)worker * g->own);
        at += rows;
    }
}

/* du (+)= Y^T V of one point of a panel, over tiles t..t+count-1. `outer` meanwhile fetches the part of Y
 * that comes next, and at last the next point's part of V. */
static void add_products(const gradient *g, int point, int panel, int t, int count, float *du)
{
    const dc_cpu_kernels *kernels = g->pass->device->kernels;
    size_t width = (size_t)kernels->columns, y_width = (size_t)kernels->y_width, line = DC_ALIGNMENT / sizeof(float);
    const float *v = g->v.at + (size_t)point * g->v.point + (size_t)panel * g->v.panel + (size_t)t * width;
    int narrow = g->pass->conv->narrow_c;
    for (int k = 0; k < narrow; k += kernels->rows) {
        int within = k % kernels->y_width;
        const float *y = g->y.at + (size_t)point * g->y.point + (size_t)(k / kernels->y_width) * g->y.panel +
                         (size_t)t * y_width + (size_t)within;
        bool last = k - within + kernels->y_width >= narrow;
        const float *next = last ? v + g->v.point + (size_t)(within / kernels->rows * count) * line : y + g->y.panel;
        kernels->outer(y, y_width, v, width, count, du + (size_t)k * width, width, t > 0, next,
                       last ? line : y_width);
    }
}

static void sum_panel(void *context, int panel, int worker)
{
    const gradient *g = context;
    const dc_cpu_conv *conv = g->pass->conv;
    dc_arena own = {.base = (char *)(g->workers + (size_t)worker * g->own), .size = g->own * sizeof(float)};
    dc_cpu_points du = take_products(g->pass, g->tiles.points, &own);
    int tiles = g->rows * g->tiles.columns, blocks = dc_cpu_divide_up(tiles, SUM_TILES);
    for (int point = 0; point < g->tiles.points; point++)
        for (int block = 0; block < blocks; block++) {
            int t = tiles * block / blocks, end = tiles * (block + 1) / blocks;
            add_products(g, point, panel, t, end - t, du.at + (size_t)point * du.point);
        }
    g->pass->device->kernels->weights_gradient(g->tiles.tile, &du, conv->narrow_c, conv->wide_c, panel,
                                               g->add || g->first > 0, g->result);
}

static void weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient)
{
    dc_arena scratch = pass->scratch;
    gradient g = lay_out_gradient(pass, &scratch);
    g.wide = wide;
    g.narrow = narrow;
    g.add = add;
    g.result = ret_gradient;
    int total = pass->items * g.tiles.rows;
    for (g.first = 0; g.first < total; g.first += g.portion_rows) {
        g.rows = total - g.first < g.portion_rows ? total - g.first : g.portion_rows;
        dc_pool_run(pass->device->pool, transform_chunk, &g, dc_cpu_divide_up(g.rows, g.chunk_rows));
        dc_pool_run(pass->device->pool, sum_panel, &g, 4 * pass->conv->wide_c / pass->device->kernels->columns);
    }
}

static size_t scratch_size(const dc_cpu_pass *pass, bool train)
{
    dc_arena down_arena = {0}, up_arena = {0}, weights_arena = {0};
    lay_out(pass, false, &down_arena);
    lay_out(pass, true, &up_arena);
    if (train)
        lay_out_gradient(pass, &weights_arena);
    return dc_cpu_most(weights_arena.offset, dc_cpu_most(down_arena.offset, up_arena.offset));
}

const dc_cpu_faces dc_cpu_winograd = {down, up, weights, scratch_size};
