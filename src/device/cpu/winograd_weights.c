/* winograd_weights.c - the weight gradient of the inner layers. V and Y of a portion of the batch are made by
 * all threads; then each task takes a panel of V, adds up its products with Y, transforms them back, and adds
 * them to the gradient. */
#include "device/cpu/tiles.h"
#include "device/cpu/winograd.h"

#define SUM_TILES 256 /* added up at a time by `outer`, from the first-level cache */

typedef struct gradient {
    const dc_cpu_pass *pass;
    const dc_cpu_source *wide, *narrow;
    dc_cpu_tiling tiles;
    int portion_rows, chunk_rows; /* tile rows of a portion; of one task that transforms */
    int first, rows;              /* of the portion at work */
    dc_cpu_points v, y;           /* of a portion */
    int wide_rows, wide_width;    /* of the bordered inputs: rows per tile row, columns */
    int narrow_rows, narrow_width;
    size_t own; /* floats of each worker's memory: bordered input, or sums of products */
    float *workers;
    bool add;
    float *result;
} gradient;

/* The products of one panel: [point][narrow channel][kernels->columns]. */
static dc_cpu_points take_products(const dc_cpu_pass *pass, int points, dc_arena *arena)
{
    const dc_cpu_kernels *kernels = pass->device->kernels;
    return dc_cpu_points_take(arena, points, dc_cpu_round_up(pass->conv->narrow_c, kernels->rows), kernels->columns,
                              kernels->columns);
}

static size_t bordered_floats(int rows, int width, int channels)
{
    return (size_t)(rows + 2) * (size_t)width * (size_t)channels;
}

/* Of V and Y. A portion costs a pass over the gradient, so it should be no smaller than the products; but the
 * smaller, the better it is kept by the third-level cache. */
static size_t portion_bytes(const dc_cpu_pass *pass, const dc_cpu_tiling *tiles)
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
    gradient g = {.pass = pass, .tiles = dc_cpu_tiling_of(conv, conv->tile)};
    size_t tile_bytes = (size_t)g.tiles.points * (size_t)(4 * conv->wide_c + conv->narrow_c) * sizeof(float);
    int total = pass->items * g.tiles.rows;
    int most = dc_cpu_clamp((int)(portion_bytes(pass, &g.tiles) / tile_bytes) / g.tiles.columns, 1, total);
    g.portion_rows = dc_cpu_divide_up(total, dc_cpu_divide_up(total, most)); /* equal portions */
    g.chunk_rows = dc_cpu_clamp(dc_cpu_divide_up(most, DC_CPU_TASKS), 1, g.tiles.rows);
    g.wide_rows = 2 * g.tiles.tile;
    g.narrow_rows = g.tiles.tile;
    g.wide_width = g.wide_rows * g.tiles.columns + 2;
    g.narrow_width = g.narrow_rows * g.tiles.columns + 2;
    int tiles = most * g.tiles.columns;
    g.v = dc_cpu_points_take(scratch, g.tiles.points, tiles, 4 * conv->wide_c, kernels->columns);
    g.y = dc_cpu_points_take(scratch, g.tiles.points, tiles, conv->narrow_c, kernels->y_width);
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
            dc_cpu_tile_row tiles = dc_cpu_tile_row_of(conv, &g->tiles, first + i);
            dc_cpu_pixels pixels = {in + (size_t)(i * g->wide_rows + parity / 2) * wide_row +
                                        (size_t)(parity % 2) * (size_t)wide.c,
                                    wide_row, wide.c};
            size_t column = (size_t)(parity * wide.c / kernels->columns) * g->v.panel;
            dc_cpu_points v =
                dc_cpu_points_from(&g->v, column + (size_t)((at + i) * g->tiles.columns) * (size_t)kernels->columns);
            kernels->pixels_to_v(&tiles, &pixels, 2, &v);
        }
    dc_cpu_read_bordered(g->pass, g->narrow, &narrow, item, first * g->narrow_rows, rows * g->narrow_rows + 2,
                         g->narrow_width, in);
    for (int i = 0; i < rows; i++) {
        dc_cpu_tile_row tiles = dc_cpu_tile_row_of(conv, &g->tiles, first + i);
        dc_cpu_pixels pixels = {in + (size_t)(i * g->narrow_rows + 1) * narrow_row + narrow.c, narrow_row, narrow.c};
        dc_cpu_points y = dc_cpu_points_from(&g->y, (size_t)((at + i) * g->tiles.columns) * (size_t)kernels->y_width);
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
        kernels->outer(y, y_width, v, width, count, du + (size_t)k * width, width, t > 0, next, last ? line : y_width);
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

void dc_cpu_winograd_weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
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

size_t dc_cpu_winograd_weights_scratch(const dc_cpu_pass *pass)
{
    dc_arena arena = {0};
    lay_out_gradient(pass, &arena);
    return arena.offset;
}
