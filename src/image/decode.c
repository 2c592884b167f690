/* decode.c - tells formats by content, calls their decoders, and turns pictures upright. */
#include "image/decode.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct codec {
    const char *name;
    bool (*matches)(const uint8_t *data, size_t size);
    dc_status (*decode)(const dc_encoded *file, dc_picture *ret_picture);
} codec;

static bool begins_with(const uint8_t *data, size_t size, const char *signature, size_t length)
{
    return size >= length && memcmp(data, signature, length) == 0;
}

static bool is_jpeg(const uint8_t *data, size_t size)
{
    return begins_with(data, size, "\xff\xd8\xff", 3);
}

static bool is_png(const uint8_t *data, size_t size)
{
    return begins_with(data, size, "\x89PNG\r\n\x1a\n", 8);
}

static bool is_webp(const uint8_t *data, size_t size)
{
    return size >= 12 && begins_with(data, size, "RIFF", 4) && memcmp(data + 8, "WEBP", 4) == 0;
}

static bool is_gif(const uint8_t *data, size_t size)
{
    return begins_with(data, size, "GIF87a", 6) || begins_with(data, size, "GIF89a", 6);
}

static bool is_tiff(const uint8_t *data, size_t size)
{
    return begins_with(data, size, "II*\0", 4) || begins_with(data, size, "MM\0*", 4) ||
           begins_with(data, size, "II+\0", 4) || begins_with(data, size, "MM\0+", 4);
}

static bool is_bmp(const uint8_t *data, size_t size)
{
    return begins_with(data, size, "BM", 2) && size >= 18 && data[15] == 0 && data[16] == 0 && data[17] == 0;
}

static const codec codecs[] = {
    {"JPEG", is_jpeg, dc_decode_jpeg}, {"PNG", is_png, dc_decode_png},    {"WebP", is_webp, dc_decode_webp},
    {"GIF", is_gif, dc_decode_gif},    {"TIFF", is_tiff, dc_decode_tiff}, {"BMP", is_bmp, dc_decode_bmp},
};

static const codec *find_codec(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i].matches(data, size))
            return &codecs[i];
    return NULL;
}

const char *dc_image_format(const uint8_t *data, size_t size)
{
    const codec *found = find_codec(data, size);
    return found ? found->name : NULL;
}

dc_status dc_check_extents(uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0)
        return dc_fail(DCGAN_E_INPUT, "The picture has no pixels: its size is %llu x %llu.", (unsigned long long)width,
                       (unsigned long long)height);
    if (width > DC_IMAGE_MAX_PIXELS || height > DC_IMAGE_MAX_PIXELS / width)
        return dc_fail(DCGAN_E_INPUT, "The picture is too large: %llu x %llu is more than the limit of %d pixels.",
                       (unsigned long long)width, (unsigned long long)height, DC_IMAGE_MAX_PIXELS);
    return DCGAN_OK;
}

dc_status dc_picture_allocate(uint64_t width, uint64_t height, int channels, dc_picture *ret_picture)
{
    DC_TRY(dc_check_extents(width, height));
    uint8_t *pixels;
    DC_TRY(dc_alloc(width * height, (size_t)channels, (void **)&pixels));
    *ret_picture = (dc_picture){
        .image = {.width = (int)width, .height = (int)height, .channels = channels, .pixels = pixels},
        .full_width = (int)width,
        .full_height = (int)height,
        .extent = {.right = (double)width, .bottom = (double)height},
        .orientation = 1,
    };
    return DCGAN_OK;
}

dc_status dc_fail_damaged(const char *format, const char *detail)
{
    return dc_fail(DCGAN_E_INPUT, "The %s is truncated or damaged: %s.", format, detail);
}

static dc_status decode_upright(const dc_encoded *file, dc_picture *ret_picture)
{
    if (file->size == 0)
        return dc_fail(DCGAN_E_INPUT, "The file is empty.");
    const codec *found = find_codec(file->data, file->size);
    if (!found)
        return dc_fail(DCGAN_E_INPUT, "This is not a JPEG, PNG, WebP, GIF, TIFF or BMP picture.");
    dc_picture picture;
    DC_TRY(found->decode(file, &picture));
    dc_status status = dc_picture_turn_upright(&picture);
    if (status == DCGAN_OK)
        *ret_picture = picture;
    else
        free(picture.image.pixels);
    return status;
}

dc_status dc_image_decode(const uint8_t *data, size_t size, int least_side, dc_image *ret_image)
{
    dc_picture picture;
    DC_TRY(decode_upright(&(dc_encoded){data, size, least_side}, &picture));
    *ret_image = picture.image;
    return DCGAN_OK;
}

dc_status dc_image_load(const uint8_t *data, size_t size, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    /* Twice the target leaves the antialiasing to the resize, which hides how libjpeg scaled. */
    int longer = fit->width > fit->height ? fit->width : fit->height;
    dc_picture picture = {0};
    DC_TRY(decode_upright(&(dc_encoded){data, size, fit->full_decode ? 0 : 2 * longer}, &picture));
    dc_status status = dc_picture_fit(&picture, fit, ret_pixels);
    free(picture.image.pixels);
    return status;
}
