/* resize.h - resampling of 8-bit pixels as Pillow does it: antialiased bilinear, the same fixed-point numbers.
 *
 * Only the wanted part of the resized picture is computed. */
#ifndef DC_IMAGE_RESIZE_H
#define DC_IMAGE_RESIZE_H

#include "image/image.h"

/* A rectangle on a picture, in pixels; edges may lie within a pixel. */
typedef struct dc_box {
    double left, top, right, bottom;
} dc_box;

/* Converts a row of pixels to the channels that are resized. */
typedef void (*dc_row_fn)(const void *context, const uint8_t *pixels, int count, uint8_t *ret_pixels);

typedef struct dc_resize {
    dc_box source;                   /* what of the picture is resized ... */
    int64_t full_width, full_height; /* ... to this size ... */
    int64_t left, top;               /* ... of which this part is wanted */
    int width, height;
    int channels;      /* 1, 3 or 4 */
    dc_row_fn convert; /* NULL: the rows have these channels already */
    const void *context;
} dc_resize;

/* ret_pixels (height, width, channels) */
dc_status dc_resize_pixels(const dc_image *image, const dc_resize *resize, uint8_t *ret_pixels);

#endif
