/* grid.c - many equal pictures as one. */
#include "image/image.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { GAP = 2 }; /* pixels between pictures: black, or transparent */

static void place(const uint8_t *picture, int height, size_t row_bytes, uint8_t *at, size_t stride)
{
    for (int y = 0; y < height; y++)
        memcpy(at + (size_t)y * stride, picture + (size_t)y * row_bytes, row_bytes);
}

dc_status dc_image_grid(const uint8_t *pixels, int n, int height, int width, int channels, int columns,
                        dc_image *ret_image)
{
    if (n < 1 || height < 1 || width < 1 || columns < 0)
        return dc_fail(DCGAN_E_USAGE, "A grid needs at least one picture with pixels.");
    if (columns == 0)
        columns = (int)ceil(sqrt(n));
    if (columns > n)
        columns = n;
    int rows = (n + columns - 1) / columns;
    uint64_t full_width = (uint64_t)columns * (uint64_t)(width + GAP) - GAP;
    uint64_t full_height = (uint64_t)rows * (uint64_t)(height + GAP) - GAP;
    if (full_width > DC_IMAGE_MAX_PIXELS / full_height)
        return dc_fail(DCGAN_E_USAGE, "A grid of %d pictures of %d x %d pixels is too large. Ask for fewer.", n, width,
                       height);
    uint8_t *grid;
    DC_TRY(dc_alloc(full_width * full_height, (size_t)channels, (void **)&grid));
    size_t row_bytes = (size_t)width * (size_t)channels, stride = full_width * (size_t)channels;
    for (int i = 0; i < n; i++) {
        size_t x = (size_t)(i % columns) * (size_t)(width + GAP), y = (size_t)(i / columns) * (size_t)(height + GAP);
        place(pixels + (size_t)i * (size_t)height * row_bytes, height, row_bytes,
              grid + y * stride + x * (size_t)channels, stride);
    }
    *ret_image = (dc_image){(int)full_width, (int)full_height, channels, grid};
    return DCGAN_OK;
}
