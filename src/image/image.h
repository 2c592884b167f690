/* image.h - pictures in and out: any supported file to pixels of one fixed size, pixels to PNG.
 *
 * Formats are told by content: JPEG, PNG, WebP, GIF, TIFF, BMP. Floor 1: may call base only. */
#ifndef DC_IMAGE_IMAGE_H
#define DC_IMAGE_IMAGE_H

#include "base/status.h"

#include <stdbool.h>

/* 8 bits a channel, row by row, channels interleaved: (height, width, channels). */
typedef struct dc_image {
    int width, height;
    int channels; /* 1 grey, 3 RGB, 4 RGBA (alpha not premultiplied) */
    uint8_t *pixels;
} dc_image;

#define DC_IMAGE_MAX_PIXELS 178956970 /* Pillow's limit: a bomb beyond, refused before allocation */

/* What training wants a picture to become. */
typedef struct dc_image_fit {
    int width, height;
    int channels;          /* 1, 3 or 4 */
    uint8_t background[3]; /* RGB under transparent pixels, unless channels is 4 */
    bool full_decode;      /* never let libjpeg scale while decoding: slower, PIL's result to the level */
} dc_image_fit;

/* "JPEG", "PNG", ... from the first bytes, or NULL if it is none of the supported formats. */
const char *dc_image_format(const uint8_t *data, size_t size);

/* Decodes the (first) picture of a file and turns it upright (EXIF). `least_side` > 0 allows a reduced
 * decode whose shorter side is still at least that; 0 asks for all pixels. Messages do not name the file:
 * the caller knows it. Free ret_image->pixels with free(). */
dc_status dc_image_decode(const uint8_t *data, size_t size, int least_side, dc_image *ret_image);

/* The same for a file that is there; messages name it. */
dc_status dc_image_read(const char *path, dc_image *ret_image);

/* Resizes as PIL does it (bilinear, antialiased), keeping the aspect so that the target is just covered,
 * and crops the centre: torchvision's Resize(shorter side) + CenterCrop. Composites, or converts to grey,
 * as the fit says. ret_pixels (fit->height, fit->width, fit->channels). */
dc_status dc_image_fit_pixels(const dc_image *image, const dc_image_fit *fit, uint8_t *ret_pixels);

/* Both of the above. */
dc_status dc_image_load(const uint8_t *data, size_t size, const dc_image_fit *fit, uint8_t *ret_pixels);

/* Writes a PNG, complete or not at all. */
dc_status dc_image_write_png(const char *path, const dc_image *image);

/* n equal pictures (n, height, width, channels) as one, `columns` wide (0: near square), 2 pixels apart.
 * Free ret_image->pixels with free(). */
dc_status dc_image_grid(const uint8_t *pixels, int n, int height, int width, int channels, int columns,
                        dc_image *ret_image);

#endif
