/* tiles.c - see tiles.h. */
#include "device/cpu/tiles.h"

dc_cpu_tiling dc_cpu_tiling_of(const dc_cpu_conv *conv, int tile)
{
    return (dc_cpu_tiling){tile, (tile + 1) * (tile + 1), dc_cpu_divide_up(conv->narrow_h, tile),
                           dc_cpu_divide_up(conv->narrow_w, tile)};
}

dc_cpu_tile_row dc_cpu_tile_row_of(const dc_cpu_conv *conv, const dc_cpu_tiling *tiling, int row)
{
    int left = conv->narrow_h - row * tiling->tile;
    return (dc_cpu_tile_row){.tile = tiling->tile,
                             .tiles = tiling->columns,
                             .height = left < tiling->tile ? left : tiling->tile,
                             .last = conv->narrow_w - (tiling->columns - 1) * tiling->tile};
}

dc_cpu_points dc_cpu_points_take(dc_arena *arena, int points, int rows, int columns, int width)
{
    size_t panel = (size_t)rows * (size_t)width;
    size_t point = (size_t)dc_cpu_divide_up(columns, width) * panel + DC_ALIGNMENT / sizeof(float);
    return (dc_cpu_points){dc_cpu_take(arena, (size_t)points * point), point, panel};
}
