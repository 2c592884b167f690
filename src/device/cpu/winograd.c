/* winograd.c - the inner layers: 4x4 convolutions of stride 2 by polyphase Winograd, F(2x2, 2x2) or
 * F(4x4, 2x2); docs/winograd.md has the mathematics. Here are the faces down and up, in three ways:
 *
 * By chunks: each task takes a chunk of tile rows through all of it (read, transform, multiply, transform
 * back, finish) in memory of its own, near the size of the second-level cache. All transformed weights are
 * made before, and read once for each chunk.
 * By panels: all threads transform a chunk's inputs; then each task transforms the weights of one panel of
 * output channels, in memory of its own, and multiplies the whole chunk with them. For layers whose
 * transformed weights are large, compared with their inputs.
 * Ready: all threads transform all inputs; then each task multiplies them with the weights, transformed before
 * any pass, of one panel and output parity. For a few items. */
#include "device/cpu/winograd.h"
#include "device/cpu/tiles.h"

#include <assert.h>

#define LEAST_TILES 32  /* of a chunk: the weights are read once per chunk */
#define READY_TILES 128 /* of a batch, at most, for weights made ready */

typedef enum way { BY_CHUNKS, BY_PANELS, READY } way;

typedef struct convolution {
    const dc_cpu_pass *pass;
    const dc_cpu_source *source;
    const dc_cpu_sink *sink;
    const float *weights;
    bool up;
    int parities; /* of the output: 4 if up, else 1 */
    dc_cpu_side in, out;
    dc_cpu_tiling tiles;
    int columns; /* of V: channels of all input parities */
    int panels;  /* of output channels */
    dc_cpu_chunks chunks;
    dc_cpu_partials partials;
    int in_rows, in_width; /* of the bordered input: rows per tile row, columns */
    way way;
    int parts;            /* by chunks: tasks that share a chunk, each with some of the panels */
    dc_cpu_points u;      /* by chunks and ready: [parity][point] of panels [columns][kernels->columns] */
    dc_cpu_points v;      /* by panels and ready: [parity][point], of the chunk at work */
    dc_cpu_span span;     /* by panels and ready: the chunk at work */
    int chunk, task_rows; /* by panels and ready: its number; tile rows that one task transforms */
    size_t own;           /* floats of each worker's memory */
    float *workers;
} convolution;

/* ---- The parts of the work --------------------------------------------------------------------------- */

static size_t in_floats(const convolution *c, int tile_rows)
{
    return (size_t)(tile_rows * c->in_rows + 2) * (size_t)c->in_width * (size_t)c->in.c;
}

/* Room for the bordered input of any `tile_rows` tile rows that follow each other. */
static float *take_in(const convolution *c, int tile_rows, dc_arena *arena)
{
    int pieces = dc_cpu_divide_up(tile_rows, c->tiles.rows) + 1;
    return dc_cpu_take(arena, in_floats(c, tile_rows) + (size_t)pieces * 2 * (size_t)c->in_width * (size_t)c->in.c);
}

static dc_cpu_points take_v(const convolution *c, int points, dc_arena *arena)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    int rows = dc_cpu_round_up(c->chunks.chunk_rows * c->tiles.columns, kernels->rows);
    return dc_cpu_points_take(arena, points, rows, c->columns, kernels->columns);
}

static dc_cpu_points take_m(const convolution *c, int panels, dc_arena *arena)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    int rows = dc_cpu_round_up(c->chunks.chunk_rows * c->tiles.columns, kernels->rows);
    return dc_cpu_points_take(arena, c->tiles.points, rows, panels * kernels->columns, kernels->columns);
}

static dc_arena own_memory(const convolution *c, int worker)
{
    return (dc_arena){.base = (char *)(c->workers + (size_t)worker * c->own), .size = c->own * sizeof(float)};
}

/* A run of tile rows within one item, and what lies before it in its span. */
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

static void read_inputs(const convolution *c, const dc_cpu_span *span, float *in)
{
    for (piece p = {0}; next_piece(c, span, in, &p);)
        dc_cpu_read_bordered(c->pass, c->source, &c->in, p.item, p.first * c->in_rows, p.rows * c->in_rows + 2,
                             c->in_width, p.in);
}

/* V of one output parity. */
static void transform_inputs(const convolution *c, const dc_cpu_span *span, int parity, float *in,
                             const dc_cpu_points *v)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t row = (size_t)c->in_width * (size_t)c->in.c;
    int in_parities = c->up ? 1 : 4, step = c->up ? 1 : 2;
    for (piece p = {0}; next_piece(c, span, in, &p);)
        for (int i = 0; i < p.rows; i++)
            for (int q = 0; q < in_parities; q++) {
                int corner = c->up ? parity : q;
                dc_cpu_tile_row tiles = dc_cpu_tile_row_of(c->pass->conv, &c->tiles, p.first + i);
                dc_cpu_pixels pixels = {.at = p.in + (size_t)(i * c->in_rows + corner / 2) * row +
                                              (size_t)(corner % 2) * (size_t)c->in.c,
                                        .row = row,
                                        .channels = c->in.c};
                size_t column = (size_t)(q * c->in.c / kernels->columns) * v->panel;
                dc_cpu_points to =
                    dc_cpu_points_from(v, column + (size_t)(p.tiles + i * c->tiles.columns) * (size_t)kernels->columns);
                kernels->pixels_to_v(&tiles, &pixels, step, &to);
            }
}

/* The transformed weights of one panel of output channels and one output parity. */
static void transform_weights(const convolution *c, int panel, int parity, const dc_cpu_points *u)
{
    const dc_cpu_conv *conv = c->pass->conv;
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    if (c->up)
        kernels->weights_up(c->tiles.tile, dc_cpu_weights_panel(c->pass, c->weights, panel), conv->narrow_c, parity, u);
    else
        kernels->weights_down(c->tiles.tile, c->weights, conv->narrow_c, conv->wide_c, panel * kernels->columns, u);
}

static void multiply_points(const convolution *c, int tiles, int panels, const dc_cpu_points *v, const dc_cpu_points *u,
                            const dc_cpu_points *m)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t width = (size_t)kernels->columns;
    for (int point = 0; point < c->tiles.points; point++)
        for (int i = 0; i < panels; i++)
            kernels->multiply(v->at + (size_t)point * v->point, width, v->panel, c->columns / kernels->columns,
                              kernels->columns, u->at + (size_t)point * u->point + (size_t)i * u->panel, width,
                              m->at + (size_t)point * m->point + (size_t)i * m->panel, width, tiles, false);
}

/* Where tile row `row` of the batch begins in the output. */
static size_t out_pixel(const convolution *c, int row)
{
    int step = c->up ? 2 : 1, item = row / c->tiles.rows, y = row % c->tiles.rows * c->tiles.tile * step;
    return ((size_t)item * (size_t)c->out.h + (size_t)y) * (size_t)c->out.w;
}

static void write_outputs(const convolution *c, const dc_cpu_span *span, int parity, int first, int panels,
                          const dc_cpu_points *m)
{
    const dc_cpu_kernels *kernels = c->pass->device->kernels;
    size_t channels = (size_t)c->out.c, row = (size_t)c->out.w * channels;
    for (int i = 0; i < span->rows; i++) {
        dc_cpu_tile_row tiles = dc_cpu_tile_row_of(c->pass->conv, &c->tiles, (span->first + i) % c->tiles.rows);
        dc_cpu_points from = dc_cpu_points_from(m, (size_t)(i * c->tiles.columns) * (size_t)kernels->columns);
        float *out = c->sink->x + out_pixel(c, span->first + i) * channels + (size_t)(parity / 2) * row +
                     (size_t)(parity % 2) * channels + (size_t)(first * kernels->columns);
        kernels->m_to_pixels(&tiles, &from, panels, c->up ? 2 : 1, row, c->out.c, out);
    }
}

static void finish_outputs(const convolution *c, const dc_cpu_span *span, int chunk, int first, int panels)
{
    int columns = c->pass->device->kernels->columns;
    size_t pixel = out_pixel(c, span->first);
    dc_cpu_finish_chunk(c->pass, c->sink, &c->partials, chunk, pixel, out_pixel(c, span->first + span->rows) - pixel,
                        first * columns, panels * columns);
}

/* ---- Transformed weights ------------------------------------------------------------------------------- */

static dc_cpu_points take_u(const convolution *c, dc_arena *arena)
{
    return dc_cpu_points_take(arena, c->parities * c->tiles.points, c->columns, c->out.c,
                              c->pass->device->kernels->columns);
}

static dc_cpu_points u_of(const convolution *c, int panel, int parity)
{
    return dc_cpu_points_from(&c->u, (size_t)(parity * c->tiles.points) * c->u.point + (size_t)panel * c->u.panel);
}

static void u_task(void *context, int task, int worker)
{
    (void)worker;
    const convolution *c = context;
    int panel = task / c->parities, parity = task % c->parities;
    dc_cpu_points u = u_of(c, panel, parity);
    transform_weights(c, panel, parity, &u);
}

static void make_u(convolution *c)
{
    dc_pool_run(c->pass->device->pool, u_task, c, c->panels * c->parities);
}

/* ---- By chunks --------------------------------------------------------------------------------------- */

typedef struct bench {
    float *in;          /* the chunk's bordered rows */
    dc_cpu_points v, m; /* of one output parity */
} bench;

static bench take_bench(const convolution *c, dc_arena *arena)
{
    bench b;
    b.in = take_in(c, c->chunks.chunk_rows, arena);
    b.v = take_v(c, c->tiles.points, arena);
    b.m = take_m(c, dc_cpu_divide_up(c->panels, c->parts), arena);
    return b;
}

static void chunk_task(void *context, int task, int worker)
{
    const convolution *c = context;
    int chunk = task % c->chunks.count, part = task / c->chunks.count;
    int first = c->panels * part / c->parts, panels = c->panels * (part + 1) / c->parts - first;
    dc_cpu_span span = dc_cpu_span_of(&c->chunks, chunk);
    dc_arena own = own_memory(c, worker);
    bench b = take_bench(c, &own);
    read_inputs(c, &span, b.in);
    for (int parity = 0; parity < c->parities; parity++) {
        dc_cpu_points u = u_of(c, first, parity);
        transform_inputs(c, &span, parity, b.in, &b.v);
        multiply_points(c, span.rows * c->tiles.columns, panels, &b.v, &u, &b.m);
        write_outputs(c, &span, parity, first, panels, &b.m);
    }
    finish_outputs(c, &span, chunk, first, panels);
}

static void run_chunks(convolution *c)
{
    make_u(c);
    dc_pool_run(c->pass->device->pool, chunk_task, c, c->chunks.count * c->parts);
}

/* ---- By panels --------------------------------------------------------------------------------------- */

static dc_cpu_points take_u_panel(const convolution *c, dc_arena *arena)
{
    int columns = c->pass->device->kernels->columns;
    return dc_cpu_points_take(arena, c->tiles.points, c->columns, columns, columns);
}

static void inputs_task(void *context, int task, int worker)
{
    const convolution *c = context;
    int at = task * c->task_rows, left = c->span.rows - at;
    dc_cpu_span span = {c->span.group, c->span.first + at, left < c->task_rows ? left : c->task_rows};
    dc_arena own = own_memory(c, worker);
    float *in = take_in(c, c->task_rows, &own);
    read_inputs(c, &span, in);
    for (int parity = 0; parity < c->parities; parity++) {
        size_t tile = (size_t)(at * c->tiles.columns) * (size_t)c->pass->device->kernels->columns;
        dc_cpu_points v = dc_cpu_points_from(&c->v, (size_t)(parity * c->tiles.points) * c->v.point + tile);
        transform_inputs(c, &span, parity, in, &v);
    }
}

/* One panel of the chunk at work, of one output parity. */
static void multiply_panel(const convolution *c, int panel, int parity, const dc_cpu_points *u, const dc_cpu_points *m)
{
    dc_cpu_points v = dc_cpu_points_from(&c->v, (size_t)(parity * c->tiles.points) * c->v.point);
    multiply_points(c, c->span.rows * c->tiles.columns, 1, &v, u, m);
    write_outputs(c, &c->span, parity, panel, 1, m);
}

static void panel_task(void *context, int panel, int worker)
{
    const convolution *c = context;
    dc_arena own = own_memory(c, worker);
    dc_cpu_points u = take_u_panel(c, &own), m = take_m(c, 1, &own);
    for (int parity = 0; parity < c->parities; parity++) {
        transform_weights(c, panel, parity, &u);
        multiply_panel(c, panel, parity, &u, &m);
    }
    finish_outputs(c, &c->span, c->chunk, panel, 1);
}

/* All threads transform the inputs of a chunk, then share its `tasks` tasks. */
static void run_whole_chunks(convolution *c, dc_task_fn task, int tasks)
{
    for (c->chunk = 0; c->chunk < c->chunks.count; c->chunk++) {
        c->span = dc_cpu_span_of(&c->chunks, c->chunk);
        dc_pool_run(c->pass->device->pool, inputs_task, c, dc_cpu_divide_up(c->span.rows, c->task_rows));
        dc_pool_run(c->pass->device->pool, task, c, tasks);
    }
}

static void run_panels(convolution *c)
{
    run_whole_chunks(c, panel_task, c->panels);
}

/* ---- Ready ------------------------------------------------------------------------------------------- */

static void ready_task(void *context, int task, int worker)
{
    const convolution *c = context;
    int panel = task / c->parities, parity = task % c->parities;
    dc_arena own = own_memory(c, worker);
    dc_cpu_points u = u_of(c, panel, parity), m = take_m(c, 1, &own);
    multiply_panel(c, panel, parity, &u, &m);
}

/* In generation alone, where nothing is summed. */
static void run_ready(convolution *c)
{
    assert(c->sink->finish == DC_CPU_FINISH_NONE);
    run_whole_chunks(c, ready_task, c->panels * c->parities);
}

/* ---- Choice ------------------------------------------------------------------------------------------ */

static size_t tile_bytes(const convolution *c)
{
    return (size_t)c->tiles.points * (size_t)c->columns * sizeof(float);
}

static size_t weight_bytes(const convolution *c)
{
    return (size_t)c->parities * tile_bytes(c) * (size_t)c->out.c;
}

static dc_cpu_chunks cut(const convolution *c, int tile_rows)
{
    return dc_cpu_cut(c->pass->items, c->pass->groups, c->tiles.rows, tile_rows);
}

/* Tile rows of a chunk of which V fills half of the second-level cache. */
static int small_chunk(const convolution *c)
{
    size_t tiles = c->pass->device->level2 / 2 / tile_bytes(c);
    return (tiles < LEAST_TILES ? LEAST_TILES : (int)tiles) / c->tiles.columns;
}

/* Of which V of all parities fills three quarters of the third-level cache, or less: all are of equal size. */
static int large_chunk(const convolution *c)
{
    size_t row_bytes = tile_bytes(c) * (size_t)(c->parities * c->tiles.columns);
    int total = c->pass->items / c->pass->groups * c->tiles.rows;
    int most = dc_cpu_clamp((int)(c->pass->device->level3 / 4 * 3 / row_bytes), 1, total);
    return dc_cpu_divide_up(total, dc_cpu_divide_up(total, most));
}

/* What is written and read of U by chunks, and of V by panels; a U beyond the third-level cache never pays. */
static bool panels_pay(const convolution *c)
{
    size_t u = weight_bytes(c);
    size_t v = tile_bytes(c) * (size_t)(c->parities * c->tiles.columns * c->tiles.rows * c->pass->items);
    return u > c->pass->device->level3 / 2 ||
           u * (size_t)(2 + cut(c, small_chunk(c)).count) > v * (size_t)(1 + c->panels);
}

static bool ready_pays(const dc_cpu_pass *pass)
{
    if (!pass->ready || !pass->ready->tile)
        return false;
    dc_cpu_tiling tiles = dc_cpu_tiling_of(pass->conv, pass->ready->tile);
    return pass->items * tiles.rows * tiles.columns <= READY_TILES;
}

/* All but the way it is done, and memory. */
static convolution describe(const dc_cpu_pass *pass, bool up, int tile)
{
    const dc_cpu_conv *conv = pass->conv;
    convolution c = {.pass = pass, .up = up, .parities = up ? 4 : 1, .tiles = dc_cpu_tiling_of(conv, tile)};
    c.in = up ? dc_cpu_narrow(conv) : dc_cpu_wide(conv);
    c.out = up ? dc_cpu_wide(conv) : dc_cpu_narrow(conv);
    c.columns = up ? c.in.c : 4 * c.in.c;
    c.panels = c.out.c / pass->device->kernels->columns;
    c.in_rows = up ? c.tiles.tile : 2 * c.tiles.tile;
    c.in_width = c.in_rows * c.tiles.columns + 2;
    return c;
}

static convolution lay_out(const dc_cpu_pass *pass, bool up, dc_arena *scratch)
{
    bool ready = up && ready_pays(pass);
    convolution c = describe(pass, up, ready ? pass->ready->tile : pass->conv->tile);
    c.way = ready ? READY : panels_pay(&c) ? BY_PANELS : BY_CHUNKS;
    c.chunks = cut(&c, ready ? READY_TILES : c.way == BY_PANELS ? large_chunk(&c) : small_chunk(&c));
    assert(c.chunks.count > 0);
    c.parts = dc_cpu_clamp(dc_cpu_divide_up(DC_CPU_TASKS, c.chunks.count), 1, c.panels);
    c.task_rows = dc_cpu_divide_up(c.chunks.chunk_rows, DC_CPU_TASKS);
    c.partials = dc_cpu_partials_take(scratch, &c.chunks, c.out.c);
    dc_arena own = {0}, inputs = {0};
    if (c.way == BY_CHUNKS) {
        c.u = take_u(&c, scratch);
        take_bench(&c, &own);
    } else {
        c.v = take_v(&c, c.parities * c.tiles.points, scratch);
        take_in(&c, c.task_rows, &inputs);
        if (c.way == BY_PANELS)
            take_u_panel(&c, &own);
        else
            c.u = pass->ready->u;
        take_m(&c, 1, &own);
    }
    c.own = dc_cpu_most(own.offset, inputs.offset) / sizeof(float);
    c.workers = dc_cpu_take(scratch, c.own * (size_t)pass->device->threads);
    return c;
}

/* ---- Making ready ------------------------------------------------------------------------------------ */

/* The larger tile of which one item fills the rows of a register block. */
static int ready_tile(const dc_cpu_device *device, const dc_cpu_conv *conv)
{
    for (int tile = conv->kind == DC_CPU_WINOGRAD ? conv->tile : 0; tile >= 2; tile -= 2) {
        dc_cpu_tiling tiles = dc_cpu_tiling_of(conv, tile);
        int count = tiles.rows * tiles.columns;
        if (count >= device->kernels->rows && count <= READY_TILES)
            return tile;
    }
    return 0;
}

dc_cpu_ready dc_cpu_winograd_ready_take(const dc_cpu_device *device, const dc_cpu_conv *conv, dc_arena *arena)
{
    int tile = ready_tile(device, conv);
    if (!tile)
        return (dc_cpu_ready){0};
    dc_cpu_pass pass = {.device = device, .conv = conv};
    convolution c = describe(&pass, true, tile);
    return (dc_cpu_ready){tile, take_u(&c, arena)};
}

void dc_cpu_winograd_ready(const dc_cpu_device *device, const dc_cpu_conv *conv, const float *weights,
                           const dc_cpu_ready *ready)
{
    dc_cpu_pass pass = {.device = device, .conv = conv};
    convolution c = describe(&pass, true, ready->tile);
    c.weights = weights;
    c.u = ready->u;
    make_u(&c);
}

/* ---- Faces ------------------------------------------------------------------------------------------- */

static dc_cpu_partials run(const dc_cpu_pass *pass, bool up, const dc_cpu_source *source, const float *weights,
                           const dc_cpu_sink *sink)
{
    dc_arena scratch = pass->scratch;
    convolution c = lay_out(pass, up, &scratch);
    c.source = source;
    c.weights = weights;
    c.sink = sink;
    static void (*const runs[])(convolution *) = {
        [BY_CHUNKS] = run_chunks, [BY_PANELS] = run_panels, [READY] = run_ready};
    runs[c.way](&c);
    return c.partials;
}

static dc_cpu_partials down(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow)
{
    return run(pass, false, wide, weights, narrow);
}

static bool goes_direct(const dc_cpu_pass *pass)
{
    return !ready_pays(pass) && dc_cpu_direct_pays(pass);
}

static dc_cpu_partials up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide)
{
    if (goes_direct(pass))
        return dc_cpu_direct_up(pass, narrow, weights, wide);
    return run(pass, true, narrow, weights, wide);
}

static size_t scratch_size(const dc_cpu_pass *pass, bool train)
{
    dc_arena down_arena = {0}, up_arena = {0};
    lay_out(pass, false, &down_arena);
    if (goes_direct(pass))
        up_arena.offset = dc_cpu_direct_up_scratch(pass);
    else
        lay_out(pass, true, &up_arena);
    return dc_cpu_most(train ? dc_cpu_winograd_weights_scratch(pass) : 0,
                       dc_cpu_most(down_arena.offset, up_arena.offset));
}

const dc_cpu_faces dc_cpu_winograd = {down, up, dc_cpu_winograd_weights, scratch_size};
