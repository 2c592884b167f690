/* animation.c - see animation.h. WebP through libwebp's WebPAnimEncoder; GIF through cgif, each picture with a
 * palette of its own that libgd finds. */
#include "image/animation.h"

#include "base/file.h"
#include "base/memory.h"

#include <cgif.h>
#include <gd.h>
#include <stdlib.h>
#include <webp/encode.h>
#include <webp/mux.h>

#define WEBP_QUALITY 80 /* of 100 */
#define GIF_COLOURS  256

struct dc_animation {
    char *path;
    int width, height;
    int64_t time; /* milliseconds up to the next picture */

    WebPAnimEncoder *webp; /* one of the two is NULL */
    CGIF *gif;
    dc_writer *writer; /* of the GIF */
    uint8_t *indices;  /* (height, width): of the GIF's picture at work */
};

/* ---- WebP -------------------------------------------------------------------------------------------- */

static dc_status open_webp(dc_animation *animation)
{
    WebPAnimEncoderOptions options;
    if (animation->width > WEBP_MAX_DIMENSION || animation->height > WEBP_MAX_DIMENSION)
        return dc_fail(DCGAN_E_USAGE, "%s would be %d x %d pixels; a WebP has at most %d a side.", animation->path,
                       animation->width, animation->height, WEBP_MAX_DIMENSION);
    if (WebPAnimEncoderOptionsInit(&options))
        animation->webp = WebPAnimEncoderNew(animation->width, animation->height, &options);
    return animation->webp ? DCGAN_OK : dc_fail(DCGAN_E_MEMORY, "Not enough memory to make %s.", animation->path);
}

static dc_status fail_webp(const dc_animation *animation)
{
    return dc_fail(DCGAN_E_USAGE, "%s cannot be made: %s", animation->path, WebPAnimEncoderGetError(animation->webp));
}

static dc_status add_webp(dc_animation *animation, const uint8_t *pixels)
{
    WebPConfig config;
    WebPPicture picture;
    if (!WebPConfigInit(&config) || !WebPPictureInit(&picture))
        return dc_fail(DCGAN_E_DEVICE, "libwebp is of another version than its headers.");
    config.quality = WEBP_QUALITY;
    picture.width = animation->width;
    picture.height = animation->height;
    picture.use_argb = 1;
    dc_status status = DCGAN_OK;
    if (!WebPPictureImportRGB(&picture, pixels, 3 * animation->width))
        status = dc_fail(DCGAN_E_MEMORY, "Not enough memory to make %s.", animation->path);
    else if (!WebPAnimEncoderAdd(animation->webp, &picture, (int)animation->time, &config))
        status = fail_webp(animation);
    WebPPictureFree(&picture);
    return status;
}

static dc_status commit_webp(dc_animation *animation)
{
    WebPData file = {0};
    dc_status status;
    /* The end of the last picture, then all of them. */
    if (!WebPAnimEncoderAdd(animation->webp, NULL, (int)animation->time, NULL) ||
        !WebPAnimEncoderAssemble(animation->webp, &file))
        status = fail_webp(animation);
    else
        status = dc_file_write(animation->path, file.bytes, file.size);
    WebPDataClear(&file);
    return status;
}

/* ---- GIF --------------------------------------------------------------------------------------------- */

static int write_gif(void *context, const uint8_t *bytes, const size_t size)
{
    dc_animation *animation = context;
    return dc_writer_add(animation->writer, bytes, size) == DCGAN_OK ? 0 : -1;
}

static dc_status open_gif(dc_animation *animation)
{
    CGIF_Config config = {.attrFlags = CGIF_ATTR_IS_ANIMATED | CGIF_ATTR_NO_GLOBAL_TABLE,
                          .width = (uint16_t)animation->width,
                          .height = (uint16_t)animation->height,
                          .numLoops = CGIF_INFINITE_LOOP,
                          .pWriteFn = write_gif,
                          .pContext = animation};
    if (animation->width > UINT16_MAX || animation->height > UINT16_MAX)
        return dc_fail(DCGAN_E_USAGE, "%s would be %d x %d pixels; a GIF has at most 65535 a side.", animation->path,
                       animation->width, animation->height);
    DC_TRY(dc_writer_open(animation->path, &animation->writer));
    DC_TRY(dc_alloc((size_t)animation->width, (size_t)animation->height, (void **)&animation->indices));
    animation->gif = cgif_newgif(&config);
    return animation->gif ? DCGAN_OK : dc_fail(DCGAN_E_MEMORY, "Not enough memory to make %s.", animation->path);
}

static gdImagePtr reduce_colours(const dc_animation *animation, const uint8_t *pixels)
{
    gdImagePtr picture = gdImageCreateTrueColor(animation->width, animation->height);
    for (int y = 0; picture && y < animation->height; y++)
        for (int x = 0; x < animation->width; x++, pixels += 3)
            picture->tpixels[y][x] = gdTrueColor(pixels[0], pixels[1], pixels[2]);
    if (picture && !gdImageTrueColorToPalette(picture, 1, GIF_COLOURS)) {
        gdImageDestroy(picture);
        picture = NULL;
    }
    return picture;
}

static dc_status add_gif(dc_animation *animation, const uint8_t *pixels, int milliseconds)
{
    gdImagePtr picture = reduce_colours(animation, pixels);
    if (!picture)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory to make %s.", animation->path);
    uint8_t palette[GIF_COLOURS][3];
    for (int i = 0; i < GIF_COLOURS; i++) {
        palette[i][0] = (uint8_t)picture->red[i];
        palette[i][1] = (uint8_t)picture->green[i];
        palette[i][2] = (uint8_t)picture->blue[i];
    }
    for (int y = 0; y < animation->height; y++)
        for (int x = 0; x < animation->width; x++)
            animation->indices[(size_t)y * (size_t)animation->width + (size_t)x] = picture->pixels[y][x];
    CGIF_FrameConfig frame = {.pLocalPalette = palette[0],
                              .pImageData = animation->indices,
                              .attrFlags = CGIF_FRAME_ATTR_USE_LOCAL_TABLE,
                              .delay = (uint16_t)(milliseconds / 10),
                              .numLocalPaletteEntries = (uint16_t)picture->colorsTotal};
    gdImageDestroy(picture);
    int result = cgif_addframe(animation->gif, &frame);
    return result == CGIF_OK ? DCGAN_OK
                             : dc_fail(DCGAN_E_IO, "%s cannot be written (cgif: %d).", animation->path, result);
}

/* Closing writes the rest. */
static dc_status close_gif(dc_animation *animation)
{
    CGIF *gif = animation->gif;
    animation->gif = NULL;
    if (gif && cgif_close(gif) != CGIF_OK)
        return dc_fail(DCGAN_E_IO, "%s cannot be written: is the disk full?", animation->path);
    return DCGAN_OK;
}

static dc_status commit_gif(dc_animation *animation)
{
    DC_TRY(close_gif(animation));
    dc_writer *writer = animation->writer;
    animation->writer = NULL;
    return dc_writer_commit(writer);
}

/* ---- Both -------------------------------------------------------------------------------------------- */

void dc_animation_abandon(dc_animation *animation)
{
    if (!animation)
        return;
    WebPAnimEncoderDelete(animation->webp);
    (void)close_gif(animation);
    dc_writer_abandon(animation->writer);
    free(animation->indices);
    free(animation->path);
    free(animation);
}

dc_status dc_animation_open(const char *path, dc_animation_format format, int width, int height,
                            dc_animation **ret_animation)
{
    dc_animation *animation;
    DC_TRY(dc_alloc(1, sizeof *animation, (void **)&animation));
    animation->width = width;
    animation->height = height;
    dc_status status = dc_strdup(path, &animation->path);
    if (status == DCGAN_OK)
        status = format == DC_ANIMATION_WEBP ? open_webp(animation) : open_gif(animation);
    if (status != DCGAN_OK) {
        dc_animation_abandon(animation);
        return status;
    }
    *ret_animation = animation;
    return DCGAN_OK;
}

dc_status dc_animation_add(dc_animation *animation, const uint8_t *pixels, int milliseconds)
{
    DC_TRY(animation->webp ? add_webp(animation, pixels) : add_gif(animation, pixels, milliseconds));
    animation->time += milliseconds;
    return DCGAN_OK;
}

dc_status dc_animation_commit(dc_animation *animation)
{
    dc_status status = animation->webp ? commit_webp(animation) : commit_gif(animation);
    dc_animation_abandon(animation);
    return status;
}
