/* winograd.h - what the two halves of the Winograd layers share: the cut of an image into tiles. */
#ifndef DC_DEVICE_CPU_WINOGRAD_H
#define DC_DEVICE_CPU_WINOGRAD_H

#include "device/cpu/pass.h"

#define DC_CPU_TASKS 12 /* wanted at least, for threads to share evenly */

typedef struct dc_cpu_tiling {
    int tile, points;  /* points = (tile + 1)^2 */
    int rows, columns; /* tiles of an item */
} dc_cpu_tiling;

dc_cpu_tiling dc_cpu_tiling_of(const dc_cpu_conv *conv, int tile);

/* Row `row` of an item's tiles. */
dc_cpu_tile_row dc_cpu_tile_row_of(const dc_cpu_conv *conv, const dc_cpu_tiling *tiling, int row);

/* A matrix of so many rows and columns for each point. Points lie a cache line further apart than they
 * need: at powers of two they would compete for the same places in the cache. */
dc_cpu_points dc_cpu_points_take(dc_arena *arena, int points, int rows, int columns, int width);

static inline dc_cpu_points dc_cpu_points_from(const dc_cpu_points *points, size_t offset)
{
    return (dc_cpu_points){points->at + offset, points->point, points->panel};
}

/* What belongs to one panel of wide channels. */
static inline const float *dc_cpu_weights_panel(const dc_cpu_pass *pass, const float *weights, int panel)
{
    return weights + (size_t)(panel * 16) * (size_t)pass->conv->narrow_c * (size_t)pass->device->kernels->columns;
}

/* The third face, and the scratch memory it needs: winograd_weights.c. */
void dc_cpu_winograd_weights(const dc_cpu_pass *pass, const dc_cpu_source *wide, const dc_cpu_source *narrow, bool add,
                             float *ret_gradient);
size_t dc_cpu_winograd_weights_scratch(const dc_cpu_pass *pass);

/* Weights made ready for batches of a few items: the tile that suits the layer, or 0 where none does; room for
 * them; and they. */
int dc_cpu_winograd_ready_tile(const dc_cpu_device *device, const dc_cpu_conv *conv);
dc_cpu_points dc_cpu_winograd_ready_take(const dc_cpu_device *device, const dc_cpu_conv *conv, int tile,
                                         dc_arena *arena);
void dc_cpu_winograd_ready(const dc_cpu_device *device, const dc_cpu_conv *conv, const float *weights,
                           const dc_cpu_ready *ready);

/* Up without any transform, for batches so small that transforming the weights costs more than it saves:
 * direct.c. */
bool dc_cpu_direct_pays(const dc_cpu_pass *pass);
dc_cpu_partials dc_cpu_direct_up(const dc_cpu_pass *pass, const dc_cpu_source *narrow, const float *weights,
                                 const dc_cpu_sink *wide);
size_t dc_cpu_direct_up_scratch(const dc_cpu_pass *pass);

#endif
