/* kernels.h - the table of inner loops, one per instruction set.
 *
 * Every file of this folder is compiled once per instruction set (see ../meson.build); only the table has a
 * name outside. Kernels work on memory they are given and know nothing of nets, plans or threads.
 *
 * Words: a *panel* holds `width` columns (channels) of a matrix, its rows one after the other. The columns
 * of V and M matrices lie in panels of `width` = kernels.columns, those of Y in panels of kernels.y_width.
 * Channel counts are multiples of kernels.columns. For the transforms see docs/winograd.md. */
#ifndef DC_DEVICE_CPU_KERNELS_H
#define DC_DEVICE_CPU_KERNELS_H

#include "device/device.h"

/* A matrix in panels, one for each of the transform's points. Strides in floats. */
typedef struct dc_cpu_points {
    float *at;
    size_t point; /* from one point's matrix to the next */
    size_t panel; /* from one panel to the next: its rows times its width */
} dc_cpu_points;

/* Rows of pixels with all their channels: pixel (i, j) is at + i * row + j * channels. */
typedef struct dc_cpu_pixels {
    const float *at;
    size_t row;
    int channels;
} dc_cpu_pixels;

/* One row of output tiles: `tiles` of tile x tile pixels; of the last one only `last` columns exist, and of
 * all of them only `height` rows. */
typedef struct dc_cpu_tile_row {
    int tile; /* 2 or 4 */
    int tiles, height, last;
} dc_cpu_tile_row;

/* A batch normalisation and activation, per channel: a = act(y * scale + shift). act is x for x > 0, slope * x
 * else. */
typedef struct dc_cpu_norm {
    float *mean, *inverse; /* of the batch: mean, 1 / sqrt(variance + epsilon) */
    float *scale, *shift;
    float *tilt, *lift; /* backward: dy = dz * scale + y * tilt + lift */
    float slope;
} dc_cpu_norm;

/* The order of the 16 taps in memory: those through which one output parity of `up` is reached lie together, at
 * first the tap from the upper left narrow pixel. Wide row 2i gets from narrow row i - 1 by ky = 3 and from row i by
 * ky = 1, wide row 2i + 1 from rows i and i + 1 by ky = 2 and 0. */
static inline int dc_cpu_tap(int ky, int kx)
{
    int parity = (1 - ky % 2) * 2 + (1 - kx % 2), corner = (1 - ky / 2) * 2 + (1 - kx / 2);
    return parity * 4 + corner;
}

typedef struct dc_cpu_kernels {
    const char *name;
    int rows, columns; /* of the matrix multiplication's register block */
    int y_width;       /* a multiple of `rows` and of the vector length */

    /* ---- Matrix multiplication ---- */

    /* c[rows][columns] (+)= a[rows][runs * length] b[runs * length][columns]: row i of `a` is `runs` runs of
     * `length` numbers, `run` apart. Reads and writes `rows` rounded up to whole register blocks. */
    void (*multiply)(const float *a, size_t a_row, size_t run, int runs, int length, const float *b, size_t b_row,
                     float *c, size_t c_row, int rows, bool add);
    /* The register block c[rows][columns] (+)= the sum over k of a[k * a_step + row] b[k * b_step + column].
     * Meanwhile `count` cache lines, every `step` floats from `ahead` on, are fetched. */
    void (*outer)(const float *a, size_t a_step, const float *b, size_t b_step, int count, float *c, size_t c_row,
                  bool add, const float *ahead, size_t step);

    /* ---- Winograd transforms of one row of tiles ---- */

    /* Pixels to V: tile t begins t * tile * step pixels on; its (tile + 1)^2 inputs are `step` pixels apart. */
    void (*pixels_to_v)(const dc_cpu_tile_row *row, const dc_cpu_pixels *in, int step, const dc_cpu_points *v);
    /* Pixels to Y of the weight gradient: tile t is pixels t * tile to t * tile + tile - 1. */
    void (*pixels_to_y)(const dc_cpu_tile_row *row, const dc_cpu_pixels *in, const dc_cpu_points *y);
    /* Products M of `panels` panels to output pixels, `step` pixels apart in both directions (2 for one
     * parity of the wide side). Channels beyond the panels stay as they are. */
    void (*m_to_pixels)(const dc_cpu_tile_row *row, const dc_cpu_points *m, int panels, int step, size_t out_row,
                        int channels, float *out);

    /* ---- Transforms of weights w[panel of wide channels][16 taps][narrow][columns] ---- */

    /* The panel u[point][(parity, wide channel)][columns] of narrow channels from `first` on. */
    void (*weights_down)(int tile, const float *w, int narrow, int wide, int first, const dc_cpu_points *u);
    /* The panel u[point][narrow channel][columns] of one panel of w, of one output parity. */
    void (*weights_up)(int tile, const float *w_panel, int narrow, int parity, const dc_cpu_points *u);
    /* Products du[point][narrow][columns], of one panel of V, to the gradients of its weights. */
    void (*weights_gradient)(int tile, const dc_cpu_points *du, int narrow, int wide, int panel, bool add,
                             float *ret_dw);

    /* ---- Channel by channel ---- */

    /* out = act(y * scale + shift) */
    void (*activate)(const dc_cpu_norm *norm, int channels, size_t pixels, const float *y, float *ret_a);
    /* dy = dz * scale + y * tilt + lift */
    void (*differentiate)(const dc_cpu_norm *norm, int channels, size_t pixels, const float *dz, const float *y,
                          float *ret_dy);
    /* Mean and sum of squared deviations of channels first .. first+count-1. */
    void (*moments)(int channels, int first, int count, size_t pixels, const float *y, float *ret_mean,
                    float *ret_squares);
    /* da becomes dz = da * act'(y * scale + shift); sums of dz and of dz * (y - mean). */
    void (*backward)(const dc_cpu_norm *norm, int channels, int first, int count, size_t pixels, const float *y,
                     float *da, float *ret_sum, float *ret_product);

    /* ---- The rest ---- */

    void (*add)(size_t count, const float *x, float *sum);
    /* The sum of x[panels][columns] * y[panels][columns], whose panels are y_step apart. */
    float (*dot)(size_t panels, const float *x, const float *y, size_t y_step);
    void (*tanh)(size_t count, float *x);
    void (*adam)(const dc_adam *adam, uint64_t t, size_t count, const float *gradients, float *values, float *moment1,
                 float *moment2);
    /* -1..1 to the nearest of 0..255; NaN to 0. */
    void (*to_pixels)(size_t count, const float *values, uint8_t *ret_pixels);
    /* The wide pixels under each of a row of narrow ones: ret_patches[pixels][4 (y)][4 (x)][channels],
     * `stride` apart, from four rows of the zero-bordered picture, `row` apart. */
    void (*gather)(int channels, int pixels, const float *wide, size_t row, float *ret_patches, size_t stride);
    /* The adjoint for one wide row, whose pixels 2j - 1 and 2j get something from narrow pixels j - 1 and j of
     * two narrow rows: `above` and `below` point at the part [4 (x)][channels] of their products for this row,
     * pixels `stride` apart, from a border pixel of zeros to another. Writes pixels -1 .. 2 * pixels, and up to
     * 6 numbers beyond. */
    void (*overlap)(int channels, int pixels, const float *above, const float *below, size_t stride, float *ret_row);
} dc_cpu_kernels;

extern const dc_cpu_kernels dc_cpu_kernels_baseline;
extern const dc_cpu_kernels dc_cpu_kernels_avx2;
extern const dc_cpu_kernels dc_cpu_kernels_avx512;

#endif
