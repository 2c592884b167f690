/* test_dataset.c - pictures, good and hostile, to pixels in their order: src/train/dataset.h. */
#include "dataset_rig.h"
#include "picture_files.h"
#include "scratch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct hostile {
    const char *name;
    int value;          /* of the first pixel, within 2, if it can be used */
    const char *reason; /* part of the reason, if it cannot */
} hostile;

/* In the order of the names' bytes. */
static const hostile hostile_files[] = {
    {" -- odd\n\xff name", 10, NULL},
    {"16-bit.png", 20, NULL},
    {"animated.gif", 30, NULL},
    {"bomb.png", 0, "too large: 30000 x 30000"},
    {"cmyk.jpg", 40, NULL},
    {"empty.jpg", 0, "empty"},
    {"fifo.png", 0, "named pipe"},
    {"gone.png", 0, "No such file"},
    {"loop", 0, "already read"},
    {"one-pixel.png", 50, NULL},
    {"palette.png", 60, NULL},
    {"rotated.jpg", 255, NULL},
    {"text.jpg", 0, "not a JPEG"},
    {"truncated.jpg", 0, "truncated"},
    {"truncated.png", 0, "truncated"},
    {"wrong-name.txt", 70, NULL},
};

static const char *in_hostile_folder(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "hostile/%s", name);
    return scratch_path(path);
}

static void make_hostile_folder(void)
{
    make_folder("hostile");
    write_png(in_hostile_folder(" -- odd\n\xff name"), 40, 20, 10);
    write_png_16_bit(in_hostile_folder("16-bit.png"), 20);
    write_gif_animated(in_hostile_folder("animated.gif"), 30);
    write_png_bomb(in_hostile_folder("bomb.png"), 30000, 30000);
    write_jpeg(in_hostile_folder("cmyk.jpg"), 16, 16, 4, 40);
    write_text(in_hostile_folder("empty.jpg"), "");
    assert_int_equal(mkfifo(in_hostile_folder("fifo.png"), 0666), 0);
    assert_int_equal(symlink("nowhere", in_hostile_folder("gone.png")), 0);
    assert_int_equal(symlink(".", in_hostile_folder("loop")), 0);
    write_png(in_hostile_folder("one-pixel.png"), 1, 1, 50);
    write_png_palette_alpha(in_hostile_folder("palette.png"), 60);
    write_jpeg_oriented(in_hostile_folder("rotated.jpg"), 3);
    write_text(in_hostile_folder("text.jpg"), "I am no picture, whatever my name says.\n");
    write_jpeg(in_hostile_folder("truncated.jpg"), 64, 64, 3, 80);
    cut_short(in_hostile_folder("truncated.jpg"), 500);
    write_png(in_hostile_folder("truncated.png"), 64, 64, 90);
    cut_short(in_hostile_folder("truncated.png"), 80);
    write_jpeg(in_hostile_folder("wrong-name.txt"), 16, 16, 3, 70);
    write_text(in_hostile_folder(".hidden"), "not even looked at");
}

static void assert_hostile_contents(const dc_dataset *dataset)
{
    uint32_t good = 0;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof hostile_files / sizeof *hostile_files; i++) {
        const hostile *file = &hostile_files[i];
        if (!file->reason) {
            assert_true(good < dataset->count);
            assert_in_range(first_value(dataset, good++) + 2, file->value, file->value + 4);
            continue;
        }
        assert_true(bad < dataset->skipped_count);
        assert_string_equal(strrchr(dataset->skipped[bad].path, '/') + 1, file->name);
        if (!strstr(dataset->skipped[bad].reason, file->reason))
            fail_msg("%s: %s", dataset->skipped[bad].path, dataset->skipped[bad].reason);
        bad++;
    }
    assert_int_equal(good, dataset->count);
    assert_int_equal(bad, dataset->skipped_count);
}

static void a_hostile_folder_gives_what_is_good_and_names_the_rest(void **state)
{
    (void)state;
    make_hostile_folder();
    for (int time = 0; time < 2; time++) {
        dc_dataset *dataset = open_folder("hostile");
        assert_int_equal(dataset->from_cache, time == 1);
        assert_hostile_contents(dataset);
        /* The transparent half of the palette picture shows the black background. */
        const uint8_t *palette = dataset->pixels + (size_t)5 * 8 * 8 * 3;
        assert_int_equal(palette[0], 60);
        assert_int_equal(palette[8 * 8 * 3 - 1], 0);
        dc_dataset_close(dataset);
    }
}

static void pictures_are_in_order_without_gaps_for_any_number_of_threads(void **state)
{
    (void)state;
    enum { FILES = 200 };
    make_folder("many");
    for (int i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%03d.png", i);
        if (i % 3 == 1)
            write_text(scratch_path(name), "bad");
        else
            write_png(scratch_path(name), 9, 9, (uint8_t)i);
    }
    uint64_t hash = 0;
    for (int threads = 1; threads <= 3; threads++) {
        dc_dataset *dataset;
        dc_image_fit fit = rgb8;
        fit.background[0] = (uint8_t)threads; /* another fit: not from the cache */
        assert_int_equal(try_open("many", &fit, threads, &dataset), 0);
        assert_false(dataset->from_cache);
        uint32_t next = 0;
        for (int i = 0; i < FILES; i++)
            if (i % 3 != 1)
                assert_int_equal(first_value(dataset, next++), i);
        assert_int_equal(next, dataset->count);
        assert_int_equal(dataset->skipped_count, FILES - next);
        assert_true(threads == 1 || dataset->hash == hash);
        hash = dataset->hash;
        dc_dataset_close(dataset);
    }
}

static void shape_and_channels_are_those_of_the_fit(void **state)
{
    (void)state;
    make_numbered("shapes", 3);
    for (int channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1) {
        const dc_image_fit fit = {.width = 12, .height = 6, .channels = channels};
        dc_dataset *dataset;
        assert_int_equal(try_open("shapes", &fit, 1, &dataset), 0);
        assert_int_equal(dataset->height, 6);
        assert_int_equal(dataset->width, 12);
        assert_int_equal(dataset->channels, channels);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(first_value(dataset, i), i + 1);
        dc_dataset_close(dataset);
    }
    dc_dataset *dataset;
    assert_int_equal(try_open("shapes", &(dc_image_fit){.width = 8, .height = 8, .channels = 2}, 1, &dataset),
                     DCGAN_E_USAGE);
}

typedef struct progress {
    pthread_t thread;
    uint64_t done, total, calls;
} progress;

static void note_progress(void *context, uint64_t done, uint64_t total)
{
    progress *p = context;
    assert_true(pthread_equal(p->thread, pthread_self()));
    assert_true(done > p->done && done <= total);
    *p = (progress){p->thread, done, total, p->calls + 1};
}

static void progress_is_told_on_the_calling_thread(void **state)
{
    (void)state;
    make_numbered("progress", 100);
    const char *path = scratch_path("progress");
    progress seen = {.thread = pthread_self()};
    const dc_dataset_source source = {
        .paths = &path, .path_count = 1, .fit = rgb8, .on_progress = note_progress, .context = &seen};
    dc_pool *pool;
    dc_dataset *dataset;
    assert_int_equal(dc_pool_create(2, &pool), 0);
    assert_int_equal(dc_dataset_open(&source, pool, &dataset), 0);
    dc_pool_free(pool);
    dc_dataset_close(dataset);
    assert_int_equal(seen.total, 100);
    assert_int_equal(seen.done, 100);
    assert_true(seen.calls >= 2);
}

static void no_picture_says_what_was_there_instead(void **state)
{
    (void)state;
    make_folder("nothing");
    make_folder("nothing/sub");
    write_text(scratch_path("nothing/a.txt"), "a");
    write_text(scratch_path("nothing/b.TXT"), "b");
    write_text(scratch_path("nothing/sub/c.mp4"), "c");
    write_text(scratch_path("nothing/Makefile"), "d");
    for (int time = 0; time < 2; time++) {
        dc_dataset *dataset = NULL;
        assert_int_equal(try_open("nothing", &rgb8, 1, &dataset), DCGAN_E_INPUT);
        assert_null(dataset);
        const char *message = dcgan_error_message();
        assert_non_null(strstr(message, scratch_path("nothing")));
        assert_non_null(strstr(message, "found 4 files (2 .txt, 1 without an ending, 1 .mp4) in 2 folders"));
        assert_non_null(strstr(message, "Makefile: This is not a JPEG"));
        assert_non_null(strstr(message, "Supported are JPEG, PNG"));
    }
    dc_dataset *dataset = NULL;
    make_folder("void");
    assert_int_equal(try_open("void", &rgb8, 1, &dataset), DCGAN_E_INPUT);
    assert_non_null(strstr(dcgan_error_message(), "found 0 files in 1 folder."));
    assert_int_equal(try_open("misspelt", &rgb8, 1, &dataset), DCGAN_E_IO);
    assert_null(dataset);
}

static dc_dataset *open_faces(const char *const *paths, size_t path_count, const dc_image_fit *fit)
{
    const dc_dataset_source source = {.paths = paths, .path_count = path_count, .fit = *fit};
    dc_pool *pool;
    dc_dataset *faces;
    assert_int_equal(dc_pool_create(2, &pool), 0);
    assert_int_equal(dc_dataset_open(&source, pool, &faces), 0);
    dc_pool_free(pool);
    return faces;
}

static void the_embedded_faces_are_a_data_set(void **state)
{
    (void)state;
    const char *const path = DCGAN_DEMO_FACES;
    for (int time = 0; time < 2; time++) {
        dc_dataset *faces = open_faces(&path, 1, &(dc_image_fit){.width = 64, .height = 64, .channels = 3});
        assert_int_equal(faces->count, 2048);
        assert_int_equal(faces->from_cache, time == 1);
        /* The background the faces were drawn on, within what 256 colours allow; and no two faces alike. */
        size_t bytes = 64 * 64 * 3;
        for (uint32_t i = 0; i < faces->count; i++) {
            const uint8_t *face = faces->pixels + i * bytes;
            assert_true(abs(face[0] - 0xdf) <= 8 && abs(face[1] - 0xe9) <= 8 && abs(face[2] - 0xf2) <= 8);
            assert_true(i == 0 || memcmp(face, face - bytes, bytes) != 0);
        }
        dc_dataset_close(faces);
    }
}

static void embedded_faces_are_fitted_and_stand_behind_files(void **state)
{
    (void)state;
    make_numbered("beside", 2);
    const char *const paths[] = {DCGAN_DEMO_FACES, scratch_path("beside")};
    const dc_image_fit fit = {.width = 8, .height = 16, .channels = 1};
    dc_dataset *faces = open_faces(paths, 1, &(dc_image_fit){.width = 64, .height = 64, .channels = 3});
    dc_dataset *both = open_faces(paths, 2, &fit);
    assert_int_equal(both->count, 2 + 2048);
    assert_int_equal(first_value(both, 1), 2);
    for (uint32_t i = 0; i < 2048; i++) {
        uint8_t expected[8 * 16];
        const dc_image face = {64, 64, 3, (uint8_t *)faces->pixels + (size_t)i * 64 * 64 * 3};
        assert_int_equal(dc_image_fit_pixels(&face, &fit, expected), 0);
        assert_memory_equal(both->pixels + (size_t)(2 + i) * sizeof expected, expected, sizeof expected);
    }
    dc_dataset_close(both);
    dc_dataset_close(faces);
}

static bool unreadable_things_are_skipped(void)
{
    dc_dataset *dataset;
    return try_open("locked", &rgb8, 1, &dataset) == DCGAN_OK && dataset->count == 1 && dataset->skipped_count == 2 &&
           strstr(dataset->skipped[0].path, "locked/file.png") &&
           strstr(dataset->skipped[0].reason, "permission denied") &&
           strstr(dataset->skipped[1].path, "locked/folder") && strstr(dataset->skipped[1].reason, "Permission denied");
}

static void what_cannot_be_read_is_skipped(void **state)
{
    (void)state;
    make_numbered("locked", 1);
    write_png(scratch_path("locked/file.png"), 8, 8, 1);
    make_numbered("locked/folder", 1);
    chmod(scratch_path("locked/file.png"), 0);
    chmod(scratch_path("locked/folder"), 0);
    run_as_ordinary_user(unreadable_things_are_skipped);
    chmod(scratch_path("locked/folder"), 0755);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hostile_folder_gives_what_is_good_and_names_the_rest),
        cmocka_unit_test(pictures_are_in_order_without_gaps_for_any_number_of_threads),
        cmocka_unit_test(shape_and_channels_are_those_of_the_fit),
        cmocka_unit_test(progress_is_told_on_the_calling_thread),
        cmocka_unit_test(no_picture_says_what_was_there_instead),
        cmocka_unit_test(the_embedded_faces_are_a_data_set),
        cmocka_unit_test(embedded_faces_are_fitted_and_stand_behind_files),
        cmocka_unit_test(what_cannot_be_read_is_skipped),
    };
    return cmocka_run_group_tests_name("dataset", tests, dataset_rig_create, scratch_remove);
}
