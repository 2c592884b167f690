/* decode.h - what the decoders of src/image share; no business of other rooms.
 *
 * A decoder gets the bytes of a file that its signature matches and gives upright-to-be pixels. It checks
 * the size with dc_picture_allocate before it allocates anything else in proportion to it, is safe to call
 * from several threads, and leaves nothing behind on failure. */
#ifndef DC_IMAGE_DECODE_H
#define DC_IMAGE_DECODE_H

#include "image/image.h"
#include "image/resize.h"

typedef struct dc_encoded {
    const uint8_t *data;
    size_t size;
    int least_side; /* 0, or the shorter side that a reduced decode must keep */
} dc_encoded;

/* A picture on its way from the file. Sizes are those of `image`, unless its decoder has reduced it. */
typedef struct dc_picture {
    dc_image image;
    int full_width, full_height; /* of the picture in the file */
    dc_box extent;               /* where in `image` the whole picture lies; fractions when reduced */
    int orientation;             /* EXIF: 1..8, 1 is upright */
} dc_picture;

/* Zeroed pixels for a picture that is decoded as it is, upright. */
dc_status dc_picture_allocate(uint64_t width, uint64_t height, int channels, dc_picture *ret_picture);

/* Refuses pictures without pixels and beyond DC_IMAGE_MAX_PIXELS. */
dc_status dc_check_extents(uint64_t width, uint64_t height);

/* "The PNG is truncated or damaged: detail." */
dc_status dc_fail_damaged(const char *format, const char *detail);

dc_status dc_decode_bmp(const dc_encoded *file, dc_picture *ret_picture);
dc_status dc_decode_gif(const dc_encoded *file, dc_picture *ret_picture);
dc_status dc_decode_jpeg(const dc_encoded *file, dc_picture *ret_picture);
dc_status dc_decode_png(const dc_encoded *file, dc_picture *ret_picture);
dc_status dc_decode_tiff(const dc_encoded *file, dc_picture *ret_picture);
dc_status dc_decode_webp(const dc_encoded *file, dc_picture *ret_picture);

/* The orientation that an EXIF block asks for (with or without "Exif\0\0" before it); 1 if it has none. */
int dc_exif_orientation(const uint8_t *data, size_t size);

/* Turns a picture as its orientation says. */
dc_status dc_picture_turn_upright(dc_picture *picture);

/* Colours that were multiplied by their alpha (RGBA, 0..255) as they were before. Pillow's RGBa to RGBA. */
void dc_divide_by_alpha(uint8_t *pixels, size_t count);

/* x / 255, rounded, for products of two levels. Pillow's DIV255. */
static inline uint8_t dc_divide_by_255(int x)
{
    x += 128;
    return (uint8_t)(((x >> 8) + x) >> 8);
}

/* dc_image_fit_pixels for pictures that may have been reduced. */
dc_status dc_picture_fit(const dc_picture *picture, const dc_image_fit *fit, uint8_t *ret_pixels);

#endif
