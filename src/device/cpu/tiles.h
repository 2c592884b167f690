/* tiles.h - an image cut into tiles, and the matrices in panels that Winograd's transforms make of it. */
#ifndef DC_DEVICE_CPU_TILES_H
#define DC_DEVICE_CPU_TILES_H

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

#endif
