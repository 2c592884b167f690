/* test_tensorboard.c - event files to the byte: golden/make_tensorboard_golden.py wrote the same with the tensorboard
 * package. */
#include "base/file.h"
#include "format/tensorboard.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static dc_mapping map(const char *path)
{
    dc_mapping file;
    if (dc_file_map(path, &file) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    return file;
}

/* The head of a PNG of 300 x 20 RGB pixels, and some bytes. */
static size_t make_png(uint8_t ret_png[300])
{
    static const uint8_t head[33] = {137, 80, 78, 71, 13, 10, 26, 10, 0,  0, 0, 13, 'I', 'H', 'D',
                                     'R', 0,  0,  1,  44, 0,  0,  0,  20, 8, 2, 0,  0,   0};
    memcpy(ret_png, head, sizeof head);
    for (int i = 0; i < 200; i++)
        ret_png[sizeof head + (size_t)i] = (uint8_t)i;
    return sizeof head + 200;
}

static void write_events(const char *folder)
{
    dc_tensorboard *board;
    uint8_t png[300];
    size_t size = make_png(png);
    assert_int_equal(dc_tensorboard_open(folder, (dc_moment){0, 1700000000.5}, &board), DCGAN_OK);
    assert_int_equal(dc_tensorboard_add_scalars(board, (dc_moment){1, 1700000001.25},
                                                (dc_scalar[]){{"loss", 0.5}, {"score", -0.0}}, 2),
                     DCGAN_OK);
    assert_int_equal(dc_tensorboard_add_scalars(board, (dc_moment){300, 1700000002},
                                                (dc_scalar[]){{"loss", NAN}, {"score", 1e30}}, 2),
                     DCGAN_OK);
    assert_int_equal(
        dc_tensorboard_add_picture(board, (dc_moment){(uint64_t)1 << 40, 1700000003}, "samples", png, size), DCGAN_OK);
    dc_tensorboard_close(board);
}

static void test_events_are_the_packages(void **state)
{
    (void)state;
    write_events(scratch_path("board"));
    dc_mapping ours = map(scratch_path("board/events.out.tfevents.1700000000.00000000"));
    dc_mapping golden = map(TESTS_FOLDER "/golden/tensorboard/events");
    assert_int_equal(ours.size, golden.size);
    assert_memory_equal(ours.data, golden.data, golden.size);
    dc_file_unmap(&golden);
    dc_file_unmap(&ours);
}

/* RFC 3720, B.4, and the mask of TFRecord undone. */
static void test_checksums(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(dc_crc32c("", 0), 0);
    assert_int_equal(dc_crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(dc_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(dc_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    uint32_t turned = dc_crc32c_masked("123456789", 9) - 0xa282ead8;
    assert_int_equal(turned >> 17 | turned << 15, 0xe3069283);
}

static void test_no_picture(void **state)
{
    (void)state;
    dc_tensorboard *board;
    assert_int_equal(dc_tensorboard_open(scratch_path("none"), (dc_moment){7, 1}, &board), DCGAN_OK);
    assert_int_equal(dc_tensorboard_add_picture(board, (dc_moment){7, 1}, "samples", (const uint8_t *)"", 0),
                     DCGAN_E_INPUT);
    dc_tensorboard_close(board);
}

static void test_a_folder_that_cannot_be(void **state)
{
    (void)state;
    dc_tensorboard *board = NULL;
    assert_int_equal(dc_file_write(scratch_path("file"), "", 0), DCGAN_OK);
    assert_int_equal(dc_tensorboard_open(scratch_path("file/board"), (dc_moment){0, 1}, &board), DCGAN_E_IO);
    assert_null(board);
}

/* A record that does not fit is taken back whole: readers stop at a torn one. */
static void test_full_disk(void **state)
{
    (void)state;
    dc_tensorboard *board;
    struct rlimit old, small;
    uint8_t png[300];
    size_t size = make_png(png);
    assert_int_equal(dc_tensorboard_open(scratch_path("full"), (dc_moment){0, 1}, &board), DCGAN_OK);
    const char *path = scratch_path("full/events.out.tfevents.0000000001.00000000");
    dc_mapping file = map(path);
    size_t before = file.size;
    dc_file_unmap(&file);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = before + 100, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    dc_status status = dc_tensorboard_add_picture(board, (dc_moment){1, 2}, "samples", png, size);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, DCGAN_E_IO);
    file = map(path);
    assert_int_equal(file.size, before);
    dc_file_unmap(&file);
    assert_int_equal(dc_tensorboard_add_picture(board, (dc_moment){1, 2}, "samples", png, size), DCGAN_OK);
    dc_tensorboard_close(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_the_packages),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_no_picture),
        cmocka_unit_test(test_a_folder_that_cannot_be),
        cmocka_unit_test(test_full_disk),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
