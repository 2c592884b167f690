/* save_png.c - the public dcgan_save_png: one picture, or a grid of them. */
#include "image/image.h"

#include <stdlib.h>

dcgan_status dcgan_save_png(const char *path, const uint8_t *pixels, int n, int height, int width, int channels,
                            int columns)
{
    if (n == 1)
        return dc_image_write_png(path, &(dc_image){width, height, channels, (uint8_t *)pixels});
    dc_image grid;
    DC_TRY(dc_image_grid(pixels, n, height, width, channels, columns, &grid));
    dc_status status = dc_image_write_png(path, &grid);
    free(grid.pixels);
    return status;
}
