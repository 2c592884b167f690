/* test_image.c - pictures in and out: src/image. The golden pictures and what they must become are Pillow's:
 * golden/make_image_golden.py. */
#include "base/file.h"
#include "image/chart.h"
#include "image/image.h"
#include "scratch.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define GOLDEN TESTS_FOLDER "/golden/image/"

enum { TOLERANCE = 1 };
static const uint8_t background[3] = {200, 100, 50}; /* make_image_golden.py's */

static dc_mapping open_golden(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s", GOLDEN, name);
    dc_mapping file;
    if (dc_file_map(path, &file) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    return file;
}

static dc_image decode_golden(const char *name)
{
    dc_mapping file = open_golden(name);
    dc_image image;
    if (dc_image_decode(file.data, file.size, 0, &image) != DCGAN_OK)
        fail_msg("%s: %s", name, dcgan_error_message());
    dc_file_unmap(&file);
    return image;
}

static uint8_t *copy_golden(const char *name, size_t *ret_size)
{
    dc_mapping file = open_golden(name);
    uint8_t *copy = malloc(file.size);
    assert_non_null(copy);
    memcpy(copy, file.data, file.size);
    *ret_size = file.size;
    dc_file_unmap(&file);
    return copy;
}

static dc_image_fit make_fit(int width, int height, int channels)
{
    dc_image_fit fit = {.width = width, .height = height, .channels = channels, .full_decode = true};
    memcpy(fit.background, background, sizeof background);
    return fit;
}

static int largest_difference(const uint8_t *a, const uint8_t *b, size_t count)
{
    int largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = abs(a[i] - b[i]) > largest ? abs(a[i] - b[i]) : largest;
    return largest;
}

/* ---- Against Pillow ---------------------------------------------------------------------------------- */

/* "rgb.png.24x16x3.png": the picture before the last dot but one, and its fit. */
static bool parse_expectation(const char *name, char ret_source[256], dc_image_fit *ret_fit)
{
    snprintf(ret_source, 256, "%s", name);
    char *suffix = strrchr(ret_source, '.');
    if (!suffix)
        return false;
    *suffix = '\0';
    char *numbers = strrchr(ret_source, '.');
    int width, height, channels;
    if (!numbers || sscanf(numbers, ".%dx%dx%d", &width, &height, &channels) != 3)
        return false;
    *numbers = '\0';
    *ret_fit = make_fit(width, height, channels);
    return true;
}

static void expect_as_pillow(const char *name, const char *source, const dc_image_fit *fit)
{
    dc_image expected = decode_golden(name);
    assert_int_equal(expected.width, fit->width);
    assert_int_equal(expected.height, fit->height);
    assert_int_equal(expected.channels, fit->channels);
    dc_mapping file = open_golden(source);
    size_t count = (size_t)fit->width * (size_t)fit->height * (size_t)fit->channels;
    uint8_t *pixels = malloc(count);
    if (dc_image_load(file.data, file.size, fit, pixels) != DCGAN_OK)
        fail_msg("%s: %s", source, dcgan_error_message());
    int difference = largest_difference(pixels, expected.pixels, count);
    if (difference > TOLERANCE)
        fail_msg("%s differs by %d levels", name, difference);
    free(pixels);
    free(expected.pixels);
    dc_file_unmap(&file);
}

static void pictures_become_what_pillow_makes_of_them(void **state)
{
    (void)state;
    DIR *folder = opendir(GOLDEN);
    assert_non_null(folder);
    int compared = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char source[256];
        dc_image_fit fit;
        if (!parse_expectation(entry->d_name, source, &fit))
            continue;
        expect_as_pillow(entry->d_name, source, &fit);
        compared++;
    }
    closedir(folder);
    assert_in_range(compared, 120, 1000);
}

/* ---- Reduced decodes --------------------------------------------------------------------------------- */

static double mean_difference(const uint8_t *a, const uint8_t *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += abs(a[i] - b[i]);
    return sum / (double)count;
}

static void reduced_pictures_are_nearly_the_same(void **state)
{
    (void)state;
    enum { SIDE = 6, BYTES = SIDE * SIDE * 3 };
    for (int orientation = 1; orientation <= 8; orientation++) {
        char name[64];
        snprintf(name, sizeof name, "orientation%d.jpg", orientation);
        dc_mapping file = open_golden(name);
        dc_image_fit fit = make_fit(SIDE, SIDE, 3);
        uint8_t full[BYTES], reduced[BYTES];
        assert_int_equal(dc_image_load(file.data, file.size, &fit, full), DCGAN_OK);
        fit.full_decode = false;
        assert_int_equal(dc_image_load(file.data, file.size, &fit, reduced), DCGAN_OK);
        assert_memory_not_equal(full, reduced, BYTES);
        assert_true(mean_difference(full, reduced, BYTES) < 3);
        dc_file_unmap(&file);
    }
}

static void a_reduced_decode_keeps_the_side_asked_for(void **state)
{
    (void)state;
    static const struct {
        int least, width, height;
    } cases[] = {{0, 71, 53}, {1, 9, 7}, {7, 18, 14}, {13, 18, 14}, {14, 36, 27}, {27, 71, 53}, {500, 71, 53}};
    dc_mapping file = open_golden("rgb444.jpg");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dc_image image;
        assert_int_equal(dc_image_decode(file.data, file.size, cases[i].least, &image), DCGAN_OK);
        assert_int_equal(image.width, cases[i].width);
        assert_int_equal(image.height, cases[i].height);
        free(image.pixels);
    }
    dc_file_unmap(&file);
}

/* ---- Formats, animation, canvases -------------------------------------------------------------------- */

static void formats_are_told_by_content(void **state)
{
    (void)state;
    static const struct {
        const char *name, *format;
    } cases[] = {{"tiny.jpg", "JPEG"}, {"tiny.png", "PNG"},  {"tiny.webp", "WebP"},
                 {"tiny.gif", "GIF"},  {"tiny.tif", "TIFF"}, {"tiny.bmp", "BMP"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dc_mapping file = open_golden(cases[i].name);
        assert_string_equal(dc_image_format(file.data, file.size), cases[i].format);
        dc_file_unmap(&file);
    }
    assert_null(dc_image_format((const uint8_t *)"BMW is a car maker.", 19));
    assert_null(dc_image_format((const uint8_t *)"", 0));
}

static void a_gif_smaller_than_its_canvas_is_transparent_around(void **state)
{
    (void)state;
    size_t size;
    uint8_t *file = copy_golden("tiny.gif", &size);
    dc_image alone, within;
    assert_int_equal(dc_image_decode(file, size, 0, &alone), DCGAN_OK);
    file[6] = 20; /* the canvas: 20 x 15 */
    file[8] = 15;
    assert_int_equal(dc_image_decode(file, size, 0, &within), DCGAN_OK);
    assert_int_equal(within.width, 20);
    assert_int_equal(within.height, 15);
    assert_int_equal(within.channels, 4);
    for (int y = 0; y < within.height; y++)
        for (int x = 0; x < within.width; x++) {
            bool inside = x < alone.width && y < alone.height;
            const uint8_t *pixel = within.pixels + 4 * (y * within.width + x);
            assert_int_equal(pixel[3], inside ? 255 : 0);
            if (inside)
                assert_memory_equal(pixel, alone.pixels + 3 * (y * alone.width + x), 3);
        }
    free(within.pixels);
    free(alone.pixels);
    free(file);
}

/* ---- Pictures that cannot be used -------------------------------------------------------------------- */

static void expect_refusal(const void *data, size_t size, const char *words)
{
    dc_image untouched = {.width = -1}, image = untouched;
    assert_int_equal(dc_image_decode(data, size, 0, &image), DCGAN_E_INPUT);
    assert_memory_equal(&image, &untouched, sizeof image);
    if (!strstr(dcgan_error_message(), words))
        fail_msg("\"%s\" lacks \"%s\"", dcgan_error_message(), words);
}

static void refusals_say_why(void **state)
{
    (void)state;
    static const char bomb[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30\x08\x02\0\0\0\xe9\x45\x6f\xed"
                               "\0\0\0\x10IDAT";
    static const char gif_bomb[] =
        "GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0;";
    static const uint8_t bmp_bomb[54] = {'B',  'M',         [10] = 54, [14] = 40, [18] = 0x30,
                                         0x75, [22] = 0x30, 0x75,      [26] = 1,  [28] = 24};
    expect_refusal("", 0, "The file is empty.");
    expect_refusal("Dear diary,", 11, "not a JPEG, PNG, WebP, GIF, TIFF or BMP");
    expect_refusal(bomb, sizeof bomb - 1, "30000 x 30000 is more than the limit of 178956970 pixels");
    expect_refusal(gif_bomb, sizeof gif_bomb - 1, "65535 x 65535 is more than the limit");
    expect_refusal(bmp_bomb, sizeof bmp_bomb, "30000 x 30000 is more than the limit");
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"tiny.jpg", "tiny.png", "tiny.webp", "tiny.gif", "tiny.tif",       "tiny.bmp",
                                        "rle8.bmp", "cmyk.jpg", "rgba.png",  "lzw.tif",  "progressive.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size;
        uint8_t *file = copy_golden(names[i], &size);
        expect_refusal(file, size * 3 / 4, "truncated or damaged");
        free(file);
    }
}

/* Whatever the bytes are: pixels or a message, no crash, nothing leaked (the sanitizers look). */
static void decode_anything(const uint8_t *data, size_t size)
{
    /* A block of just this size lets the sanitizers see a read beyond it. */
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    dc_image_fit fit = make_fit(4, 4, 3);
    uint8_t pixels[4 * 4 * 3];
    if (dc_image_load(exact, size, &fit, pixels) != DCGAN_OK)
        assert_true(strlen(dcgan_error_message()) > 10);
    free(exact);
}

static void damage(const char *name, size_t most_places)
{
    size_t size;
    uint8_t *file = copy_golden(name, &size);
    size_t step = size / most_places + 1;
    for (size_t at = 0; at < size; at += step) {
        uint8_t before = file[at];
        const uint8_t changes[] = {(uint8_t)~before, (uint8_t)(before ^ 1 << at % 8), 0};
        decode_anything(file, at);
        for (size_t i = 0; i < sizeof changes; i++) {
            file[at] = changes[i];
            decode_anything(file, size);
        }
        file[at] = before;
    }
    free(file);
}

static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    DIR *folder = opendir(GOLDEN);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char source[256];
        dc_image_fit fit;
        if (entry->d_name[0] == '.' || parse_expectation(entry->d_name, source, &fit))
            continue;
        damage(entry->d_name, strncmp(entry->d_name, "tiny", 4) == 0 ? 1000 : 60);
    }
    closedir(folder);
}

static void impossible_fits_are_refused(void **state)
{
    (void)state;
    dc_image image = {1, 1, 3, (uint8_t[]){1, 2, 3}};
    uint8_t pixels[4];
    assert_int_equal(dc_image_fit_pixels(&image, &(dc_image_fit){.width = 0, .height = 1, .channels = 3}, pixels),
                     DCGAN_E_USAGE);
    assert_int_equal(dc_image_fit_pixels(&image, &(dc_image_fit){.width = 1, .height = 1, .channels = 2}, pixels),
                     DCGAN_E_USAGE);
    assert_int_equal(dc_image_fit_pixels(&image, &(dc_image_fit){.width = 1, .height = 1, .channels = 4}, pixels),
                     DCGAN_OK);
    assert_memory_equal(pixels, ((uint8_t[]){1, 2, 3, 255}), 4);
}

/* ---- Threads ----------------------------------------------------------------------------------------- */

enum { THREAD_SIDE = 16, THREAD_BYTES = THREAD_SIDE * THREAD_SIDE * 3 };
static const char *const thread_names[] = {"cmyk.jpg", "palette.png", "alpha.webp", "plain.gif",
                                           "lzw.tif",  "rle8.bmp",    "one_bit.tif"};
enum { THREAD_NAMES = sizeof thread_names / sizeof *thread_names };

typedef uint8_t thread_pixels[THREAD_NAMES][THREAD_BYTES];

static void *load_all(void *pixels)
{
    thread_pixels *into = pixels;
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < THREAD_NAMES; i++) {
            dc_mapping file = open_golden(thread_names[i]);
            dc_image_fit fit = make_fit(THREAD_SIDE, THREAD_SIDE, 3);
            dc_image_load(file.data, file.size, &fit, (*into)[i]);
            dc_image_load(file.data, file.size / 2, &fit, (uint8_t[THREAD_BYTES]){0}); /* fails, on its own thread */
            dc_file_unmap(&file);
        }
    return NULL;
}

static void pictures_load_on_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    static thread_pixels expected, pixels[THREADS];
    pthread_t threads[THREADS];
    load_all(expected);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_all, pixels[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_memory_equal(pixels[i], expected, sizeof expected);
    }
}

/* ---- PNG, grids -------------------------------------------------------------------------------------- */

static dc_image read_picture(const char *path)
{
    dc_mapping file;
    dc_image image;
    assert_int_equal(dc_file_map(path, &file), DCGAN_OK);
    assert_int_equal(dc_image_decode(file.data, file.size, 0, &image), DCGAN_OK);
    dc_file_unmap(&file);
    return image;
}

static void a_png_holds_the_pixels_written(void **state)
{
    (void)state;
    static const char *const names[] = {"grey.png", "rgb.png", "rgba.png"};
    const char *path = scratch_path("copy.png");
    for (size_t i = 0; i < 3; i++) {
        dc_image image = decode_golden(names[i]);
        assert_int_equal(dc_image_write_png(path, &image), DCGAN_OK);
        dc_image copy = read_picture(path);
        assert_int_equal(copy.width, image.width);
        assert_int_equal(copy.height, image.height);
        assert_int_equal(copy.channels, image.channels);
        assert_memory_equal(copy.pixels, image.pixels, (size_t)(copy.width * copy.height * copy.channels));
        free(copy.pixels);
        free(image.pixels);
    }
}

static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_failed_write_leaves_the_old_picture(void **state)
{
    (void)state;
    const char *path = scratch_path("kept.png");
    dc_image image = decode_golden("rgb.png");
    assert_int_equal(dc_image_write_png(path, &image), DCGAN_OK);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(1000);
    dc_image noise = {.width = 64, .height = 64, .channels = 3, .pixels = malloc(64 * 64 * 3)};
    for (int i = 0; i < 64 * 64 * 3; i++)
        noise.pixels[i] = (uint8_t)(i * i * 7 >> 5);
    dc_status picture = dc_image_write_png(path, &noise);
    double x[] = {0, 1};
    dc_status chart = dc_chart_write(path, "t", "x", x, 2, &(dc_series){"y", 0xff0000, x}, 1);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(picture, DCGAN_E_IO);
    assert_int_equal(chart, DCGAN_E_IO);
    assert_non_null(strstr(dcgan_error_message(), path));
    dc_image kept = read_picture(path);
    assert_int_equal(kept.width, image.width);
    assert_memory_equal(kept.pixels, image.pixels, (size_t)(kept.width * kept.height * 3));
    free(kept.pixels);
    free(noise.pixels);
    free(image.pixels);
    assert_int_equal(dc_image_write_png("/nowhere/at/all.png", &noise), DCGAN_E_IO);
}

static void grids_place_pictures_row_by_row(void **state)
{
    (void)state;
    uint8_t pixels[5][2][3][1];
    memset(pixels, 0, sizeof pixels);
    for (int i = 0; i < 5; i++)
        memset(pixels[i], i + 1, sizeof pixels[i]);
    static const struct {
        int columns, width, height;
    } cases[] = {{0, 13, 6}, {1, 3, 18}, {4, 18, 6}, {5, 23, 2}, {9, 23, 2}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        dc_image grid;
        assert_int_equal(dc_image_grid(&pixels[0][0][0][0], 5, 2, 3, 1, cases[c].columns, &grid), DCGAN_OK);
        assert_int_equal(grid.width, cases[c].width);
        assert_int_equal(grid.height, cases[c].height);
        int across = (grid.width + 2) / 5, seen = 0;
        for (int y = 0; y < grid.height; y++)
            for (int x = 0; x < grid.width; x++) {
                int number = y / 4 * across + x / 5;
                bool inside = x % 5 < 3 && y % 4 < 2 && number < 5;
                assert_int_equal(grid.pixels[y * grid.width + x], inside ? number + 1 : 0);
                seen += inside;
            }
        assert_int_equal(seen, 5 * 2 * 3);
        free(grid.pixels);
    }
    dc_image untouched;
    assert_int_equal(dc_image_grid(&pixels[0][0][0][0], 0, 2, 3, 1, 0, &untouched), DCGAN_E_USAGE);
}

/* ---- Charts ------------------------------------------------------------------------------------------ */

typedef struct extent {
    int left, right, top, bottom;
} extent;

/* Where a colour is found below the legend. */
static extent find_color(const dc_image *image, uint32_t color)
{
    extent e = {image->width, -1, image->height, -1};
    for (int y = 62; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const uint8_t *p = image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
            if (((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) != color)
                continue;
            e.left = x < e.left ? x : e.left;
            e.right = x > e.right ? x : e.right;
            e.top = y < e.top ? y : e.top;
            e.bottom = y > e.bottom ? y : e.bottom;
        }
    return e;
}

enum { RED = 0xd62728, BLUE = 0x1f77b4 };

static dc_image draw(const double *x, const double *red, const double *blue, size_t count)
{
    const char *path = scratch_path("chart.png");
    dc_series series[] = {{"discriminator", RED, red}, {"generator", BLUE, blue}};
    if (dc_chart_write(path, "Losses", "step", x, count, series, 2) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    dc_image image = read_picture(path);
    assert_int_equal(image.channels, 3);
    return image;
}

/* Short series are lines, long ones ranges with means: both must fill the plot despite a spike and gaps. */
static void charts_show_their_series(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    static double x[MOST], red[MOST], blue[MOST];
    static const size_t counts[] = {300, MOST};
    for (size_t c = 0; c < 2; c++) {
        size_t count = counts[c];
        for (size_t i = 0; i < count; i++) {
            double share = (double)i / (double)count;
            x[i] = (double)(i * 50);
            red[i] = share;
            blue[i] = i > count / 3 && i < count / 2 ? NAN : 1 - share;
        }
        red[1] = 1e6;
        blue[2] = INFINITY;
        dc_image image = draw(x, red, blue, count);
        uint32_t colors[] = {RED, BLUE};
        for (int i = 0; i < 2; i++) {
            extent e = find_color(&image, colors[i]);
            assert_true(e.right - e.left > image.width * 3 / 4);
            assert_true(e.bottom - e.top > image.height / 3);
        }
        free(image.pixels);
    }
}

static void charts_of_almost_nothing_are_drawn(void **state)
{
    (void)state;
    double x[] = {5, 6, 8}, nothing[] = {NAN, NAN, NAN}, constant[] = {2, 2, 2};
    for (size_t count = 0; count <= 3; count++) {
        dc_image image = draw(x, nothing, constant, count);
        extent e = find_color(&image, BLUE);
        assert_int_equal(e.right >= 0, count > 0);
        assert_int_equal(find_color(&image, RED).right, -1);
        free(image.pixels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_become_what_pillow_makes_of_them),
        cmocka_unit_test(reduced_pictures_are_nearly_the_same),
        cmocka_unit_test(a_reduced_decode_keeps_the_side_asked_for),
        cmocka_unit_test(formats_are_told_by_content),
        cmocka_unit_test(a_gif_smaller_than_its_canvas_is_transparent_around),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(impossible_fits_are_refused),
        cmocka_unit_test(pictures_load_on_many_threads),
        cmocka_unit_test(a_png_holds_the_pixels_written),
        cmocka_unit_test(a_failed_write_leaves_the_old_picture),
        cmocka_unit_test(grids_place_pictures_row_by_row),
        cmocka_unit_test(charts_show_their_series),
        cmocka_unit_test(charts_of_almost_nothing_are_drawn),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
