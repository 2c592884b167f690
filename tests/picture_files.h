/* picture_files.h - writes the picture files, good and bad, that tests of the data set read. */
#ifndef DC_TESTS_PICTURE_FILES_H
#define DC_TESTS_PICTURE_FILES_H

#include <stddef.h>
#include <stdint.h>

/* All fail the running test if a file cannot be written. */
void write_bytes(const char *path, const void *bytes, size_t size);
void write_text(const char *path, const char *text);
/* Keeps the first `size` bytes of a file. */
void cut_short(const char *path, size_t size);

/* One colour, grey `value`, throughout; at most 64 columns, as all here. */
void write_png(const char *path, int width, int height, uint8_t value);
/* Of any size, and with hardly any data behind the header. */
void write_png_bomb(const char *path, uint32_t width, uint32_t height);
/* 16 bits a channel, grey `value` in the upper byte. */
void write_png_16_bit(const char *path, uint8_t value);
/* A palette of two colours, the second one transparent; upper half grey `value`, lower half transparent. */
void write_png_palette_alpha(const char *path, uint8_t value);
/* RGB or, with 4 components, Adobe's inverted CMYK; grey `value`. */
void write_jpeg(const char *path, int width, int height, int components, uint8_t value);
/* 32 x 16, left half black, right half white, with an EXIF orientation. */
void write_jpeg_oriented(const char *path, int orientation);
/* Two frames: the first grey `value`, the second black. */
void write_gif_animated(const char *path, uint8_t value);

#endif
