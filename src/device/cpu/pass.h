/* pass.h - what the three kinds of convolution share: reading sources, finishing sinks, their table. */
#ifndef DC_DEVICE_CPU_PASS_H
#define DC_DEVICE_CPU_PASS_H

#include "device/cpu/cpu.h"

/* The faces of one kind of convolution; see the functions of the same names in cpu.h. */
typedef struct dc_cpu_faces {
    dc_cpu_partials (*down)(const dc_cpu_pass *pass, const dc_cpu_source *wide, const float *weights,
                            const dc_cpu_sink *narrow);
    dc_cpu_partials (*up)(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                          const dc_cpu_sink *wide);
    void (*weights)(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                    float *ret_gradient);
    size_t (*scratch_size)(const dc_cpu_pass *pass, bool train);
} dc_cpu_faces;

extern const dc_cpu_faces dc_cpu_winograd, dc_cpu_picture, dc_cpu_dense;

/* One side of a convolution. */
typedef struct dc_cpu_side {
    int h, w, c;
} dc_cpu_side;

dc_cpu_side dc_cpu_wide(const dc_cpu_conv *conv);
dc_cpu_side dc_cpu_narrow(const dc_cpu_conv *conv);

/* `pixels` pixels of a source from pixel `first` on (counted through all items). */
void dc_cpu_read(const dc_cpu_pass *pass, const dc_cpu_source *source, int group, int channels, size_t first,
                 size_t pixels, float *ret_values);

/* Rows first..first+rows-1 of one item with a border of zeros: row 0 and column 0 are border. `width`
 * columns are written, those beyond the image zero. */
void dc_cpu_read_bordered(const dc_cpu_pass *pass, const dc_cpu_source *source, const dc_cpu_side *side, int item,
                          int first, int rows, int width, float *ret_values);

/* Room for the sums of `chunks` in the scratch memory. */
dc_cpu_partials dc_cpu_partials_take(dc_arena *scratch, const dc_cpu_chunks *chunks, int channels);

/* Finishes `count` channels from `first_channel` on of the pixels that one chunk has just written. */
void dc_cpu_finish_chunk(const dc_cpu_pass *pass, const dc_cpu_sink *sink, const dc_cpu_partials *partials, int chunk,
                         size_t first_pixel, size_t pixels, int first_channel, int count);

static inline int dc_cpu_divide_up(int a, int b)
{
    return (a + b - 1) / b;
}

static inline int dc_cpu_round_up(int a, int unit)
{
    return dc_cpu_divide_up(a, unit) * unit;
}

static inline int dc_cpu_clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static inline size_t dc_cpu_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline float *dc_cpu_take(dc_arena *arena, size_t floats)
{
    return dc_arena_take(arena, floats * sizeof(float));
}

#endif
