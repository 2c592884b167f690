/* decode_tiff.c - the first picture of a TIFF through libtiff, which turns all kinds into RGBA. */
#include "image/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

typedef struct source {
    const uint8_t *data;
    uint64_t size, at;
    char detail[256]; /* the first complaint */
} source;

static tmsize_t read_bytes(thandle_t handle, void *ret_bytes, tmsize_t count)
{
    source *from = handle;
    uint64_t left = from->at < from->size ? from->size - from->at : 0;
    uint64_t n = (uint64_t)count < left ? (uint64_t)count : left;
    memcpy(ret_bytes, from->data + from->at, n);
    from->at += n;
    return (tmsize_t)n;
}

static tmsize_t refuse_write(thandle_t handle, void *bytes, tmsize_t count)
{
    (void)handle;
    (void)bytes;
    (void)count;
    return -1;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    source *from = handle;
    uint64_t base = whence == SEEK_CUR ? from->at : whence == SEEK_END ? from->size : 0;
    from->at = base + offset;
    return from->at;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((source *)handle)->size;
}

/* Handlers of this TIFF's own: libtiff's usual ones are shared by the whole process, and print. */
__attribute__((format(printf, 4, 0))) static int keep_error(TIFF *tiff, void *user_data, const char *module,
                                                            const char *format, va_list arguments)
{
    (void)tiff;
    (void)module;
    source *from = user_data;
    if (!from->detail[0])
        vsnprintf(from->detail, sizeof from->detail, format, arguments);
    return 1;
}

__attribute__((format(printf, 4, 0))) static int ignore_warning(TIFF *tiff, void *user_data, const char *module,
                                                                const char *format, va_list arguments)
{
    (void)tiff;
    (void)user_data;
    (void)module;
    (void)format;
    (void)arguments;
    return 1;
}

static TIFF *open_tiff(source *from)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_error, from);
    TIFFOpenOptionsSetWarningHandlerExtR(options, ignore_warning, NULL);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, 4 * (tmsize_t)DC_IMAGE_MAX_PIXELS);
    TIFF *tiff = TIFFClientOpenExt("picture", "rm", from, read_bytes, refuse_write, seek_to, close_nothing, size_of,
                                   NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

enum { NO_ALPHA = EXTRASAMPLE_UNSPECIFIED };

/* libtiff multiplies colours by alpha unless it believes that this has been done, and rounds: it is told so. */
static uint16_t take_alpha_as_it_is(TIFF *tiff)
{
    uint16_t count = 0, *kinds = NULL, associated = EXTRASAMPLE_ASSOCALPHA;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    uint16_t kind = count > 0 ? kinds[0] : NO_ALPHA;
    if (kind == EXTRASAMPLE_UNASSALPHA)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &associated);
    return kind;
}

static void drop_alpha(dc_image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 1; i < count; i++)
        memmove(image->pixels + 3 * i, image->pixels + 4 * i, 3);
    image->channels = 3;
}

/* libtiff packs pixels into words; in memory they become R, G, B, A. */
static void words_to_bytes(uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + 4 * i, sizeof word);
        uint8_t rgba[4] = {TIFFGetR(word), TIFFGetG(word), TIFFGetB(word), (uint8_t)TIFFGetA(word)};
        memcpy(pixels + 4 * i, rgba, sizeof rgba);
    }
}

static dc_status read_picture(TIFF *tiff, const source *from, dc_picture *ret_picture)
{
    uint32_t width = 0, height = 0;
    uint16_t orientation = ORIENTATION_TOPLEFT;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &orientation);
    DC_TRY(dc_check_extents(width, height));
    uint16_t alpha = take_alpha_as_it_is(tiff);
    char reason[1024] = "";
    if (!TIFFRGBAImageOK(tiff, reason))
        return dc_fail(DCGAN_E_INPUT, "This kind of TIFF is not supported: %s. Save it as 8-bit RGB.", reason);
    dc_picture picture;
    DC_TRY(dc_picture_allocate(width, height, 4, &picture));
    /* The orientation asked for is the one it has: turning is done for all formats alike. */
    if (!TIFFReadRGBAImageOriented(tiff, width, height, (uint32_t *)picture.image.pixels, orientation, 1)) {
        free(picture.image.pixels);
        return dc_fail_damaged("TIFF", from->detail[0] ? from->detail : "its pixels cannot be decoded");
    }
    size_t count = (size_t)width * height;
    words_to_bytes(picture.image.pixels, count);
    if (alpha == NO_ALPHA)
        drop_alpha(&picture.image);
    else if (alpha == EXTRASAMPLE_ASSOCALPHA)
        dc_divide_by_alpha(picture.image.pixels, count);
    picture.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    *ret_picture = picture;
    return DCGAN_OK;
}

dc_status dc_decode_tiff(const dc_encoded *file, dc_picture *ret_picture)
{
    source from = {.data = file->data, .size = file->size};
    TIFF *tiff = open_tiff(&from);
    if (!tiff)
        return dc_fail_damaged("TIFF", from.detail[0] ? from.detail : "it cannot be opened");
    dc_status status = read_picture(tiff, &from, ret_picture);
    TIFFClose(tiff);
    return status;
}
