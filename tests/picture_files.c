/* picture_files.c - see picture_files.h. */
#include "picture_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gif_lib.h>
#include <jpeglib.h>
#include <png.h>

#define SIDE         16
#define MOST_COLUMNS 64

void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

void cut_short(const char *path, size_t size)
{
    assert_int_equal(truncate(path, (off_t)size), 0);
}

/* ---- PNG --------------------------------------------------------------------------------------------- */

typedef struct png_file {
    FILE *file;
    png_structp png;
    png_infop info;
} png_file;

static png_file png_begin(const char *path, uint32_t width, uint32_t height, int depth, int type)
{
    png_file p = {.file = fopen(path, "wb"), .png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL)};
    assert_non_null(p.file);
    assert_non_null(p.png);
    p.info = png_create_info_struct(p.png);
    png_init_io(p.png, p.file);
    png_set_IHDR(p.png, p.info, width, height, depth, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    return p;
}

static void png_end(png_file *p)
{
    png_destroy_write_struct(&p->png, &p->info);
    assert_int_equal(fclose(p->file), 0);
}

void write_png(const char *path, int width, int height, uint8_t value)
{
    png_file p = png_begin(path, (uint32_t)width, (uint32_t)height, 8, PNG_COLOR_TYPE_RGB);
    uint8_t row[3 * MOST_COLUMNS];
    assert_true(width <= MOST_COLUMNS);
    memset(row, value, sizeof row);
    png_write_info(p.png, p.info);
    for (int y = 0; y < height; y++)
        png_write_row(p.png, row);
    png_write_end(p.png, NULL);
    png_end(&p);
}

void write_png_bomb(const char *path, uint32_t width, uint32_t height)
{
    png_file p = png_begin(path, width, height, 8, PNG_COLOR_TYPE_RGB);
    png_write_info(p.png, p.info);
    png_write_chunk(p.png, (const png_byte *)"IDAT", (const png_byte *)"\x78\x9c", 2);
    png_end(&p);
}

void write_png_16_bit(const char *path, uint8_t value)
{
    png_file p = png_begin(path, SIDE, SIDE, 16, PNG_COLOR_TYPE_RGB);
    uint8_t row[SIDE * 6];
    for (size_t i = 0; i < sizeof row; i++)
        row[i] = i % 2 == 0 ? value : 0;
    png_write_info(p.png, p.info);
    for (int y = 0; y < SIDE; y++)
        png_write_row(p.png, row);
    png_write_end(p.png, NULL);
    png_end(&p);
}

void write_png_palette_alpha(const char *path, uint8_t value)
{
    png_file p = png_begin(path, SIDE, SIDE, 8, PNG_COLOR_TYPE_PALETTE);
    const png_color palette[2] = {{value, value, value}, {9, 9, 9}};
    const png_byte alpha[2] = {255, 0};
    png_set_PLTE(p.png, p.info, palette, 2);
    png_set_tRNS(p.png, p.info, alpha, 2, NULL);
    png_write_info(p.png, p.info);
    for (int y = 0; y < SIDE; y++) {
        uint8_t row[SIDE];
        memset(row, y >= SIDE / 2, sizeof row);
        png_write_row(p.png, row);
    }
    png_write_end(p.png, NULL);
    png_end(&p);
}

/* ---- JPEG and GIF ------------------------------------------------------------------------------------ */

typedef struct jpeg_file {
    FILE *file;
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
} jpeg_file;

static void jpeg_begin(jpeg_file *j, const char *path, int width, int height, int components)
{
    j->file = fopen(path, "wb");
    assert_non_null(j->file);
    j->jpeg.err = jpeg_std_error(&j->errors);
    jpeg_create_compress(&j->jpeg);
    jpeg_stdio_dest(&j->jpeg, j->file);
    j->jpeg.image_width = (JDIMENSION)width;
    j->jpeg.image_height = (JDIMENSION)height;
    j->jpeg.input_components = components;
    j->jpeg.in_color_space = components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&j->jpeg);
    jpeg_set_quality(&j->jpeg, 100, TRUE);
    jpeg_start_compress(&j->jpeg, TRUE);
}

static void jpeg_end(jpeg_file *j, uint8_t *row)
{
    while (j->jpeg.next_scanline < j->jpeg.image_height)
        jpeg_write_scanlines(&j->jpeg, &row, 1);
    jpeg_finish_compress(&j->jpeg);
    jpeg_destroy_compress(&j->jpeg);
    assert_int_equal(fclose(j->file), 0);
}

void write_jpeg(const char *path, int width, int height, int components, uint8_t value)
{
    uint8_t row[4 * MOST_COLUMNS];
    assert_true(width <= MOST_COLUMNS);
    memset(row, value, sizeof row);
    if (components == 4) /* C = M = Y = 255 - value, K = 0, inverted */
        for (int x = 0; x < width; x++)
            row[4 * x + 3] = 255;
    jpeg_file j;
    jpeg_begin(&j, path, width, height, components);
    jpeg_end(&j, row);
}

void write_jpeg_oriented(const char *path, int orientation)
{
    uint8_t row[2 * SIDE * 3];
    memset(row, 0, sizeof row / 2);
    memset(row + sizeof row / 2, 255, sizeof row / 2);
    /* EXIF: one directory with one entry, tag 0x112, a short. */
    uint8_t exif[] = {'E',  'x',  'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0,
                      0x12, 0x01, 3,   0,   1, 0, 0,   0,   0,  0, 0, 0, 0, 0, 0, 0};
    exif[24] = (uint8_t)orientation;
    jpeg_file j;
    jpeg_begin(&j, path, 2 * SIDE, SIDE, 3);
    jpeg_write_marker(&j.jpeg, JPEG_APP0 + 1, exif, sizeof exif);
    jpeg_end(&j, row);
}

void write_gif_animated(const char *path, uint8_t value)
{
    const GifColorType colours[2] = {{0, 0, 0}, {value, value, value}};
    int error;
    GifFileType *gif = EGifOpenFileName(path, false, &error);
    assert_non_null(gif);
    EGifSetGifVersion(gif, true);
    ColorMapObject *map = GifMakeMapObject(2, colours);
    assert_int_equal(EGifPutScreenDesc(gif, SIDE, SIDE, 8, 0, map), GIF_OK);
    for (int frame = 0; frame < 2; frame++) {
        GifPixelType row[SIDE];
        memset(row, frame == 0, sizeof row);
        assert_int_equal(EGifPutImageDesc(gif, 0, 0, SIDE, SIDE, false, NULL), GIF_OK);
        for (int y = 0; y < SIDE; y++)
            assert_int_equal(EGifPutLine(gif, row, SIDE), GIF_OK);
    }
    GifFreeMapObject(map);
    assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
}
