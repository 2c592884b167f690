/* resize.c - see resize.h. After Pillow's ImagingResample for 8 bits: weights rounded to 22 bits, columns
 * first, each pass rounded to whole levels. */
#include "image/resize.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

enum {
    PRECISION_BITS = 32 - 8 - 2,
    HALF = 1 << (PRECISION_BITS - 1),
    GROUP = 4,       /* rows that the horizontal pass takes at a time */
    SLACK = 1,       /* levels after a row that are read, or written, and dropped */
    ROW_BLOCK = 256, /* sums of the vertical pass that are kept in the nearest cache */
};

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_THREAD__) /* its resolver runs too early */
#define FOR_SEVERAL_CPUS __attribute__((target_clones("avx2", "default")))
#else
#define FOR_SEVERAL_CPUS
#endif

/* Output i of an axis is the sum over j < length of weights[i * taps + j] x input first + j. */
typedef struct window {
    int first, length;
} window;

typedef struct axis {
    int count, taps;
    window *windows;
    int32_t *weights;
} axis;

typedef struct axis_wish {
    int input_size;
    double from, to; /* on the input */
    int64_t full_count, start;
    int count;
} axis_wish;

static void axis_free(axis *a)
{
    free(a->windows);
    free(a->weights);
}

static inline double triangle(double x)
{
    double distance = fabs(x);
    return distance < 1 ? 1 - distance : 0;
}

/* A triangle about the middle of output i, as wide as the output is on the input, but never below a pixel. */
static void weigh(const axis_wish *wish, double scale, double reach, int i, axis *a)
{
    double center = wish->from + ((double)(wish->start + i) + 0.5) * scale, shrink = 1 / reach, sum = 0;
    int first = (int)(center - reach + 0.5), end = (int)(center + reach + 0.5);
    first = first < 0 ? 0 : first;
    end = end > wish->input_size ? wish->input_size : end;
    for (int x = first; x < end; x++)
        sum += triangle((x - center + 0.5) * shrink);
    int32_t *weights = a->weights + (ptrdiff_t)i * a->taps;
    for (int x = first; x < end; x++)
        weights[x - first] = (int32_t)(0.5 + triangle((x - center + 0.5) * shrink) / sum * (1 << PRECISION_BITS));
    a->windows[i] = (window){first, end - first};
}

static dc_status axis_create(const axis_wish *wish, axis *ret_axis)
{
    double scale = (wish->to - wish->from) / (double)wish->full_count;
    double reach = scale > 1 ? scale : 1;
    axis a = {.count = wish->count, .taps = (int)ceil(reach) * 2 + 1};
    size_t count = (size_t)wish->count;
    DC_TRY(dc_alloc(count, sizeof *a.windows, (void **)&a.windows));
    dc_status status = dc_alloc(count * (size_t)a.taps, sizeof *a.weights, (void **)&a.weights);
    if (status != DCGAN_OK) {
        axis_free(&a);
        return status;
    }
    for (int i = 0; i < wish->count; i++)
        weigh(wish, scale, reach, i, &a);
    *ret_axis = a;
    return DCGAN_OK;
}

/* The inputs that have a part in any output: first <= x < end. */
static inline int axis_first(const axis *a)
{
    return a->windows[0].first;
}

static inline int axis_end(const axis *a)
{
    return a->windows[a->count - 1].first + a->windows[a->count - 1].length;
}

static inline uint8_t to_level(int32_t sum)
{
    int32_t level = sum >> PRECISION_BITS;
    return (uint8_t)(level > 255 ? 255 : level);
}

typedef int32_t pixel __attribute__((vector_size(16), aligned(4), may_alias));

/* Pixels of 3 channels are summed with the level that follows them in a fourth lane; the next pixel overwrites it. */
__attribute__((always_inline)) static inline void sum_colors(const int32_t *in, size_t in_stride, const axis *columns,
                                                             int channels, int32_t *restrict sums, size_t stride)
{
    for (int i = 0; i < columns->count; i++, sums += channels) {
        const int32_t *next = in + (ptrdiff_t)(columns->windows[i].first - axis_first(columns)) * channels;
        const int32_t *weights = columns->weights + (ptrdiff_t)i * columns->taps;
        pixel sum[GROUP];
        for (int r = 0; r < GROUP; r++)
            sum[r] = (pixel){HALF, HALF, HALF, HALF};
        for (int j = 0; j < columns->windows[i].length; j++, next += channels)
            for (size_t r = 0; r < GROUP; r++)
                sum[r] += weights[j] * *(const pixel *)(next + r * in_stride);
        for (size_t r = 0; r < GROUP; r++)
            *(pixel *)(sums + r * stride) = sum[r];
    }
}

__attribute__((always_inline)) static inline void sum_greys(const int32_t *in, const axis *columns,
                                                            int32_t *restrict sums)
{
    for (int i = 0; i < columns->count; i++) {
        const int32_t *levels = in + columns->windows[i].first - axis_first(columns);
        const int32_t *weights = columns->weights + (ptrdiff_t)i * columns->taps;
        int32_t sum = HALF;
        for (int j = 0; j < columns->windows[i].length; j++)
            sum += weights[j] * levels[j];
        sums[i] = sum;
    }
}

FOR_SEVERAL_CPUS
static void widen(const uint8_t *restrict in, size_t count, int32_t *restrict out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = in[i];
}

/* GROUP rows, `in_stride` levels apart, that begin at the first column needed; `sums` is room for as many, with SLACK.
 */
FOR_SEVERAL_CPUS
static void sum_columns(const int32_t *in, size_t in_stride, const axis *columns, int channels, int32_t *restrict sums,
                        uint8_t *restrict out)
{
    size_t size = (size_t)columns->count * (size_t)channels, stride = size + SLACK;
    if (channels == 3)
        sum_colors(in, in_stride, columns, 3, sums, stride);
    else if (channels == 4)
        sum_colors(in, in_stride, columns, 4, sums, stride);
    else
        for (size_t r = 0; r < GROUP; r++)
            sum_greys(in + r * in_stride, columns, sums + r * stride);
    for (size_t r = 0; r < GROUP; r++)
        for (size_t i = 0; i < size; i++)
            out[r * size + i] = to_level(sums[r * stride + i]);
}

/* One output row: the sum over `length` input rows of `size` bytes each. */
FOR_SEVERAL_CPUS
static void sum_rows(const uint8_t *in, size_t size, const int32_t *weights, int length, uint8_t *restrict out)
{
    for (size_t start = 0; start < size; start += ROW_BLOCK) {
        size_t n = size - start < ROW_BLOCK ? size - start : ROW_BLOCK;
        int32_t sums[ROW_BLOCK];
        for (size_t i = 0; i < n; i++)
            sums[i] = HALF;
        for (int j = 0; j < length; j++) {
            const uint8_t *row = in + (size_t)j * size + start;
            for (size_t i = 0; i < n; i++)
                sums[i] += weights[j] * row[i];
        }
        for (size_t i = 0; i < n; i++)
            out[start + i] = to_level(sums[i]);
    }
}

/* What is allocated for one resize. */
typedef struct buffers {
    size_t in_size, out_size; /* levels of a row, before and after the horizontal pass */
    int32_t *wide;            /* levels of GROUP rows, each with SLACK */
    int32_t *sums;            /* the same, after the pass */
    uint8_t *converted;       /* one row; unused if it needs no conversion */
    uint8_t *narrow;          /* the rows needed, in whole groups, resized to the target's width */
} buffers;

static void buffers_free(buffers *b)
{
    free(b->wide);
    free(b->sums);
    free(b->converted);
    free(b->narrow);
}

static dc_status buffers_create(const dc_resize *resize, const axis *columns, const axis *rows, buffers *ret_buffers)
{
    buffers b = {.in_size = (size_t)(axis_end(columns) - axis_first(columns)) * (size_t)resize->channels,
                 .out_size = (size_t)resize->width * (size_t)resize->channels};
    dc_status status = dc_alloc(GROUP * (b.in_size + SLACK), sizeof *b.wide, (void **)&b.wide);
    if (status == DCGAN_OK)
        status = dc_alloc(GROUP * (b.out_size + SLACK), sizeof *b.sums, (void **)&b.sums);
    if (status == DCGAN_OK)
        status = dc_alloc(b.in_size, 1, (void **)&b.converted);
    if (status == DCGAN_OK)
        status = dc_alloc((size_t)(axis_end(rows) - axis_first(rows)) + GROUP - 1, b.out_size, (void **)&b.narrow);
    if (status == DCGAN_OK)
        *ret_buffers = b;
    else
        buffers_free(&b);
    return status;
}

static void narrow_rows(const dc_image *image, const dc_resize *resize, const axis *columns, const axis *rows,
                        buffers *b)
{
    int first = axis_first(rows), count = axis_end(rows) - first;
    size_t stride = (size_t)image->width * (size_t)image->channels;
    const uint8_t *in = image->pixels + (size_t)first * stride + axis_first(columns) * image->channels;
    for (int y = 0; y < count; y++) {
        const uint8_t *row = in + (size_t)y * stride;
        if (resize->convert) {
            resize->convert(resize->context, row, axis_end(columns) - axis_first(columns), b->converted);
            row = b->converted;
        }
        int r = y % GROUP;
        widen(row, b->in_size, b->wide + (size_t)r * (b->in_size + SLACK));
        if (r == GROUP - 1 || y == count - 1)
            sum_columns(b->wide, b->in_size + SLACK, columns, resize->channels, b->sums,
                        b->narrow + (size_t)(y - r) * b->out_size);
    }
}

static dc_status resize_by(const dc_image *image, const dc_resize *resize, const axis *columns, const axis *rows,
                           uint8_t *ret_pixels)
{
    buffers b;
    DC_TRY(buffers_create(resize, columns, rows, &b));
    narrow_rows(image, resize, columns, rows, &b);
    for (int y = 0; y < rows->count; y++)
        sum_rows(b.narrow + (size_t)(rows->windows[y].first - axis_first(rows)) * b.out_size, b.out_size,
                 rows->weights + (ptrdiff_t)y * rows->taps, rows->windows[y].length,
                 ret_pixels + (size_t)y * b.out_size);
    buffers_free(&b);
    return DCGAN_OK;
}

dc_status dc_resize_pixels(const dc_image *image, const dc_resize *resize, uint8_t *ret_pixels)
{
    const dc_box *source = &resize->source;
    axis columns, rows;
    DC_TRY(axis_create(
        &(axis_wish){image->width, source->left, source->right, resize->full_width, resize->left, resize->width},
        &columns));
    dc_status status = axis_create(
        &(axis_wish){image->height, source->top, source->bottom, resize->full_height, resize->top, resize->height},
        &rows);
    if (status == DCGAN_OK) {
        status = resize_by(image, resize, &columns, &rows, ret_pixels);
        axis_free(&rows);
    }
    axis_free(&columns);
    return status;
}
