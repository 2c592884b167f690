/* fit.c - pictures of any size and channels to what training wants: torchvision's Resize(shorter side) and
 * CenterCrop with its rounding, Pillow's conversions. */
#include "image/decode.h"

#include <math.h>
#include <string.h>

/* Pillow's "L": ITU-R 601-2 luma in 16 bits. */
static inline uint8_t luma(int red, int green, int blue)
{
    return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

static void rgb_to_grey(const void *context, const uint8_t *in, int count, uint8_t *restrict out)
{
    (void)context;
    for (int i = 0; i < count; i++)
        out[i] = luma(in[3 * i], in[3 * i + 1], in[3 * i + 2]);
}

static void rgba_to_rgb(const void *background, const uint8_t *in, int count, uint8_t *restrict out)
{
    const uint8_t *under = background;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 3; c++)
            out[3 * i + c] = dc_divide_by_255(under[c] * (255 - in[4 * i + 3]) + in[4 * i + c] * in[4 * i + 3]);
}

static void rgba_to_grey(const void *background, const uint8_t *in, int count, uint8_t *restrict out)
{
    for (int i = 0; i < count; i++) {
        uint8_t rgb[3];
        rgba_to_rgb(background, in + (ptrdiff_t)4 * i, 1, rgb);
        out[i] = luma(rgb[0], rgb[1], rgb[2]);
    }
}

/* Colours under full transparency must not bleed into their neighbours when they are averaged. */
static void premultiply(const void *context, const uint8_t *in, int count, uint8_t *restrict out)
{
    (void)context;
    for (int i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++)
            out[4 * i + c] = dc_divide_by_255(in[4 * i + c] * in[4 * i + 3]);
        out[4 * i + 3] = in[4 * i + 3];
    }
}

void dc_divide_by_alpha(uint8_t *pixels, size_t count)
{
    for (uint8_t *p = pixels; p < pixels + 4 * count; p += 4) {
        int alpha = p[3];
        for (int c = 0; c < 3 && alpha != 0; c++) {
            int level = 255 * p[c] / alpha;
            p[c] = (uint8_t)(level > 255 ? 255 : level);
        }
    }
}

/* Grey or RGB at the start of the buffer to RGB or RGBA that fills it: backwards, in place. */
static void widen(uint8_t *pixels, size_t count, int from, int to)
{
    for (size_t i = count; i-- > 0;) {
        uint8_t wide[4] = {0, 0, 0, 255};
        for (int c = 0; c < 3; c++)
            wide[c] = pixels[i * (size_t)from + (size_t)(from == 1 ? 0 : c)];
        memcpy(pixels + i * (size_t)to, wide, (size_t)to);
    }
}

/* Where the target lies on the resized picture, as Python's round((size - target) / 2.0): ties to even. */
static int64_t crop_start(int64_t size, int target)
{
    return llrint((double)(size - target) / 2.0);
}

static void cover(int width, int height, const dc_image_fit *fit, dc_resize *resize)
{
    bool width_binds = (int64_t)width * fit->height <= (int64_t)height * fit->width;
    resize->full_width = width_binds ? fit->width : (int64_t)fit->height * width / height;
    resize->full_height = width_binds ? (int64_t)fit->width * height / width : fit->height;
    resize->left = crop_start(resize->full_width, fit->width);
    resize->top = crop_start(resize->full_height, fit->height);
    resize->width = fit->width;
    resize->height = fit->height;
}

/* Which channels are resized: no more than the picture or the target have, alpha only for the latter. */
static void choose_channels(int channels, const dc_image_fit *fit, dc_resize *resize)
{
    resize->channels = channels < fit->channels ? channels : fit->channels;
    resize->context = fit->background;
    if (channels == 4 && fit->channels == 4)
        resize->convert = premultiply;
    else if (channels == 4)
        resize->convert = fit->channels == 1 ? rgba_to_grey : rgba_to_rgb;
    else if (channels == 3 && fit->channels == 1)
        resize->convert = rgb_to_grey;
}

dc_status dc_picture_fit(const dc_picture *picture, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    if (fit->width < 1 || fit->height < 1 || (fit->channels != 1 && fit->channels != 3 && fit->channels != 4))
        return dc_fail(DCGAN_E_USAGE,
                       "Pictures cannot be made %d x %d with %d channels: sides must be positive, "
                       "channels 1, 3 or 4.",
                       fit->width, fit->height, fit->channels);
    dc_resize resize = {.source = picture->extent};
    cover(picture->full_width, picture->full_height, fit, &resize);
    choose_channels(picture->image.channels, fit, &resize);
    DC_TRY(dc_resize_pixels(&picture->image, &resize, ret_pixels));
    size_t count = (size_t)fit->width * (size_t)fit->height;
    if (resize.convert == premultiply)
        dc_divide_by_alpha(ret_pixels, count);
    else if (resize.channels < fit->channels)
        widen(ret_pixels, count, resize.channels, fit->channels);
    return DCGAN_OK;
}

dc_status dc_image_fit_pixels(const dc_image *image, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    dc_picture picture = {
        .image = *image,
        .full_width = image->width,
        .full_height = image->height,
        .extent = {.right = image->width, .bottom = image->height},
        .orientation = 1,
    };
    return dc_picture_fit(&picture, fit, ret_pixels);
}
