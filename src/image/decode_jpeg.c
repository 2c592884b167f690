/* decode_jpeg.c - JPEG through libjpeg-turbo: grey, colour, CMYK, progressive, reduced while decoding. */
#include "image/decode.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

typedef struct reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    dc_status status;
    dc_picture picture;
} reader;

/* libjpeg wants functions that do not return; everything allocated hangs on the reader. */
static void give_up(j_common_ptr codec)
{
    reader *r = codec->client_data;
    char detail[JMSG_LENGTH_MAX];
    r->errors.format_message(codec, detail);
    r->status = r->errors.msg_code == JERR_OUT_OF_MEMORY
                    ? dc_fail(DCGAN_E_MEMORY, "Not enough memory to decode a JPEG.")
                    : dc_fail_damaged("JPEG", detail);
    longjmp(r->failed, 1);
}

/* libjpeg fills in for data that are missing or make no sense, and only warns. Other warnings are harmless. */
static void on_message(j_common_ptr codec, int level)
{
    if (level >= 0)
        return;
    switch (codec->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
        give_up(codec);
    }
}

static int orientation_of(const struct jpeg_decompress_struct *codec)
{
    for (jpeg_saved_marker_ptr marker = codec->marker_list; marker; marker = marker->next)
        if (marker->data_length >= 6 && memcmp(marker->data, "Exif\0\0", 6) == 0)
            return dc_exif_orientation(marker->data, marker->data_length);
    return 1;
}

/* The smallest scale that keeps the shorter side long enough. Powers of two only: libjpeg-turbo is fast at no
 * other, and they change least: 0.4 to 0.8 levels in the mean, at most 9, of photographs then resized to half
 * or less. */
static void choose_scale(struct jpeg_decompress_struct *codec, int least_side)
{
    uint64_t width = codec->image_width, height = codec->image_height, shorter = width < height ? width : height;
    unsigned eighths = least_side > 0 ? 1 : 8;
    while (eighths < 8 && shorter * eighths < 8 * (uint64_t)least_side)
        eighths *= 2;
    codec->scale_num = eighths;
    codec->scale_denom = 8;
}

/* Adobe stores CMYK inverted. In place: 4 channels to 3. Pillow's cmyk2rgb. */
static void inverted_cmyk_to_rgb(const uint8_t *cmyk, size_t count, uint8_t *rgb)
{
    for (size_t i = 0; i < count; i++) {
        int black = cmyk[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            rgb[3 * i + c] = (uint8_t)(black - dc_divide_by_255((255 - cmyk[4 * i + c]) * black));
    }
}

static dc_status read_pixels(reader *r)
{
    struct jpeg_decompress_struct *codec = &r->codec;
    bool cmyk = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK;
    bool grey = codec->jpeg_color_space == JCS_GRAYSCALE;
    codec->out_color_space = cmyk ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(codec);
    DC_TRY(dc_picture_allocate(codec->output_width, codec->output_height, grey ? 1 : 3, &r->picture));
    dc_picture *picture = &r->picture;
    picture->full_width = (int)codec->image_width;
    picture->full_height = (int)codec->image_height;
    picture->extent.right = codec->image_width * (double)codec->scale_num / codec->scale_denom;
    picture->extent.bottom = codec->image_height * (double)codec->scale_num / codec->scale_denom;
    picture->orientation = orientation_of(codec);

    size_t width = codec->output_width;
    JSAMPARRAY cmyk_row = NULL;
    if (cmyk)
        cmyk_row = codec->mem->alloc_sarray((j_common_ptr)codec, JPOOL_IMAGE, (JDIMENSION)(4 * width), 1);
    while (codec->output_scanline < codec->output_height) {
        uint8_t *row = picture->image.pixels + codec->output_scanline * width * (size_t)picture->image.channels;
        jpeg_read_scanlines(codec, cmyk ? cmyk_row : &row, 1);
        if (cmyk)
            inverted_cmyk_to_rgb(cmyk_row[0], width, row);
    }
    return DCGAN_OK;
}

static dc_status read_file(reader *r, const dc_encoded *file)
{
    if (setjmp(r->failed))
        return r->status;
    jpeg_create_decompress(&r->codec);
    r->codec.client_data = r;
    jpeg_mem_src(&r->codec, file->data, file->size);
    jpeg_save_markers(&r->codec, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&r->codec, TRUE);
    DC_TRY(dc_check_extents(r->codec.image_width, r->codec.image_height));
    choose_scale(&r->codec, file->least_side);
    return read_pixels(r);
}

dc_status dc_decode_jpeg(const dc_encoded *file, dc_picture *ret_picture)
{
    reader r = {0};
    r.codec.err = jpeg_std_error(&r.errors);
    r.errors.error_exit = give_up;
    r.errors.emit_message = on_message;
    dc_status status = read_file(&r, file);
    jpeg_destroy_decompress(&r.codec);
    if (status == DCGAN_OK)
        *ret_picture = r.picture;
    else
        free(r.picture.image.pixels);
    return status;
}
