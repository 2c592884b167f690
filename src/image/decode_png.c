/* decode_png.c - PNG through libpng: all depths to 8 bits, palettes to RGB, tRNS to alpha, grey kept grey. */
#include "image/decode.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    png_structp png;
    png_infop info;
    const uint8_t *next;
    size_t left;
    dc_status status;
    dc_picture picture;
} reader;

/* libpng wants functions that do not return; everything allocated hangs on the reader. */
static void give_up(png_structp png, png_const_charp detail)
{
    reader *r = png_get_error_ptr(png);
    r->status = dc_fail_damaged("PNG", detail);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp detail)
{
    (void)png;
    (void)detail;
}

static void read_bytes(png_structp png, png_bytep ret_bytes, size_t count)
{
    reader *r = png_get_io_ptr(png);
    if (count > r->left)
        png_error(png, "it ends too early");
    memcpy(ret_bytes, r->next, count);
    r->next += count;
    r->left -= count;
}

static void ask_for_8_bits(reader *r)
{
    bool alpha = (png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_ALPHA) != 0 ||
                 png_get_valid(r->png, r->info, PNG_INFO_tRNS) != 0;
    png_set_expand(r->png);
    png_set_strip_16(r->png); /* v >> 8, as Pillow does */
    if (alpha)
        png_set_gray_to_rgb(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
}

static int orientation_of(reader *r)
{
    png_uint_32 size;
    png_bytep exif;
    if (!png_get_eXIf_1(r->png, r->info, &size, &exif))
        return 1;
    return dc_exif_orientation(exif, size);
}

static dc_status read_file(reader *r)
{
    if (setjmp(png_jmpbuf(r->png)))
        return r->status;
    png_set_read_fn(r->png, r, read_bytes);
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* the product is what is limited */
    png_read_info(r->png, r->info);
    png_uint_32 width = png_get_image_width(r->png, r->info), height = png_get_image_height(r->png, r->info);
    DC_TRY(dc_check_extents(width, height));
    ask_for_8_bits(r);
    DC_TRY(dc_picture_allocate(width, height, png_get_channels(r->png, r->info), &r->picture));
    size_t row_bytes = png_get_rowbytes(r->png, r->info);
    int passes = png_get_interlace_type(r->png, r->info) == PNG_INTERLACE_ADAM7 ? PNG_INTERLACE_ADAM7_PASSES : 1;
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < height; y++)
            png_read_row(r->png, r->picture.image.pixels + y * row_bytes, NULL);
    png_read_end(r->png, r->info);
    r->picture.orientation = orientation_of(r);
    return DCGAN_OK;
}

dc_status dc_decode_png(const dc_encoded *file, dc_picture *ret_picture)
{
    reader r = {.next = file->data, .left = file->size};
    dc_status status = DCGAN_E_MEMORY;
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, give_up, ignore_warning);
    if (r.png)
        r.info = png_create_info_struct(r.png);
    if (r.info)
        status = read_file(&r);
    else
        dc_fail(status, "Not enough memory to decode a PNG.");
    png_destroy_read_struct(&r.png, &r.info, NULL);
    if (status == DCGAN_OK)
        *ret_picture = r.picture;
    else
        free(r.picture.image.pixels);
    return status;
}
