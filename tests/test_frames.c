/* test_frames.c - dcgan_save_frames: pictures side by side and one after the other, read back. */
#include "base/file.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <webp/demux.h>

#include <cmocka.h>

enum { SIDE = 96, COUNT = 3 };

/* Frame i is of the colour 60 i + 40. */
static const char *make_frame(int i, int side)
{
    static uint8_t pixels[SIDE * SIDE * 3];
    char name[32];
    memset(pixels, 60 * i + 40, sizeof pixels);
    snprintf(name, sizeof name, "frame%d-%d.png", i, side);
    const char *path = scratch_path(name);
    assert_int_equal(dcgan_save_png(path, pixels, 1, side, side, 3, 1), DCGAN_OK);
    return path;
}

static void make_frames(dcgan_frame frames[COUNT], const char *label)
{
    for (int i = 0; i < COUNT; i++)
        frames[i] = (dcgan_frame){.path = make_frame(i, SIDE), .label = label};
}

static dcgan_picture read_back(const char *path)
{
    dcgan_picture picture;
    if (dcgan_read_picture(path, &picture) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    return picture;
}

static int level_at(const dcgan_picture *picture, int x, int y)
{
    return picture->pixels[((size_t)y * (size_t)picture->width + (size_t)x) * (size_t)picture->channels];
}

static void test_strip(void **state)
{
    (void)state;
    dcgan_frame frames[COUNT];
    make_frames(frames, NULL);
    const char *path = scratch_path("strip.PNG");
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 1), DCGAN_OK);
    dcgan_picture strip = read_back(path);
    int pitch = (strip.width - SIDE) / (COUNT - 1);
    assert_true(pitch > SIDE);
    assert_int_equal(strip.height, SIDE);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(level_at(&strip, i * pitch, 0), 60 * i + 40);
        assert_int_equal(level_at(&strip, i * pitch + SIDE - 1, SIDE - 1), 60 * i + 40);
    }
    assert_int_equal(level_at(&strip, SIDE, 0), 255);
    dcgan_free(strip.pixels);
}

/* A label that is wider than its picture makes room for itself. */
static void test_labels(void **state)
{
    (void)state;
    dcgan_frame frames[COUNT];
    make_frames(frames, "a label that is wide");
    const char *path = scratch_path("labels.png");
    assert_int_equal(dcgan_save_frames(path, frames, 1, 1), DCGAN_OK);
    dcgan_picture strip = read_back(path);
    assert_true(strip.width > SIDE && strip.height > SIDE);
    assert_int_equal(level_at(&strip, 0, 0), 255);
    assert_int_equal(level_at(&strip, strip.width / 2, 0), 40);
    int dark = 0;
    for (int y = SIDE; y < strip.height; y++)
        for (int x = 0; x < strip.width; x++)
            dark += level_at(&strip, x, y) < 128;
    assert_true(dark > 100);
    dcgan_free(strip.pixels);
}

static void test_webp(void **state)
{
    (void)state;
    dcgan_frame frames[COUNT];
    WebPAnimDecoder *decoder;
    WebPAnimInfo info;
    dc_mapping file;
    make_frames(frames, "epoch 1");
    const char *path = scratch_path("moving.webp");
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 4), DCGAN_OK);
    assert_int_equal(dc_file_map(path, &file), DCGAN_OK);
    decoder = WebPAnimDecoderNew(&(WebPData){file.data, file.size}, NULL);
    assert_non_null(decoder);
    assert_true(WebPAnimDecoderGetInfo(decoder, &info));
    assert_int_equal(info.frame_count, COUNT);
    assert_int_equal(info.loop_count, 0);
    static const int ends[COUNT] = {250, 500, 2500}; /* milliseconds */
    for (int i = 0; i < COUNT; i++) {
        uint8_t *rgba;
        int end;
        assert_true(WebPAnimDecoderGetNext(decoder, &rgba, &end));
        assert_int_equal(end, ends[i]);
        assert_true(abs(rgba[0] - (60 * i + 40)) <= 4);
    }
    WebPAnimDecoderDelete(decoder);
    dc_file_unmap(&file);
}

static void test_gif(void **state)
{
    (void)state;
    dcgan_frame frames[COUNT];
    make_frames(frames, NULL);
    const char *path = scratch_path("moving.gif");
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 4), DCGAN_OK);
    dcgan_picture first = read_back(path);
    assert_int_equal(first.width, SIDE);
    assert_int_equal(first.height, SIDE);
    assert_true(abs(level_at(&first, 5, 5) - 40) <= 4);
    dcgan_free(first.pixels);
    dc_mapping file;
    int delays = 0;
    assert_int_equal(dc_file_map(path, &file), DCGAN_OK);
    for (size_t i = 0; i + 8 < file.size; i++) { /* graphic control extensions: 25 or 200 hundredths of a second */
        const uint8_t *at = file.data + i;
        if (at[0] == 0x21 && at[1] == 0xf9 && at[2] == 4)
            delays += at[4] | at[5] << 8;
    }
    assert_int_equal(delays, 2 * 25 + 200);
    dc_file_unmap(&file);
}

static void test_misuse(void **state)
{
    (void)state;
    dcgan_frame frames[COUNT];
    make_frames(frames, NULL);
    const char *path = scratch_path("never.gif");
    assert_int_equal(dcgan_save_frames(path, frames, 0, 1), DCGAN_E_USAGE);
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 0), DCGAN_E_USAGE);
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 100), DCGAN_E_USAGE);
    assert_int_equal(dcgan_save_frames(scratch_path("never.mp4"), frames, COUNT, 1), DCGAN_E_USAGE);
    frames[2].path = make_frame(2, SIDE / 2);
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 1), DCGAN_E_INPUT);
    frames[2].path = scratch_path("missing.png");
    assert_int_equal(dcgan_save_frames(path, frames, COUNT, 1), DCGAN_E_IO);
    assert_false(dc_path_exists(path)); /* nor is there half of one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strip), cmocka_unit_test(test_labels), cmocka_unit_test(test_webp),
        cmocka_unit_test(test_gif),   cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
