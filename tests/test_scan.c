/* test_scan.c - which files are found, in which order, and what is passed over: src/train/scan.h. */
#include "picture_files.h"
#include "scratch.h"
#include "train/scan.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(scratch_path(name), 0777), 0);
}

static void make_file(const char *name)
{
    write_text(scratch_path(name), name);
}

static void make_link(const char *target, const char *name)
{
    assert_int_equal(symlink(target, scratch_path(name)), 0);
}

static dc_scan *scan_of(const char *const *names, size_t count)
{
    const char *paths[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++)
        paths[i] = scratch_path(names[i]);
    dc_scan *scan;
    assert_int_equal(dc_scan_places(paths, count, &scan), 0);
    return scan;
}

#define SCAN(...)                                                                                                      \
    scan_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const char *below_scratch(const char *path)
{
    char *root = realpath(scratch_path("."), NULL);
    size_t length = strlen(root);
    assert_memory_equal(path, root, length);
    free(root);
    return path + length + 1;
}

static void assert_files(const dc_scan *scan, const char *const *names, size_t count)
{
    assert_int_equal(scan->file_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(below_scratch(scan->files[i].path), names[i]);
}

#define ASSERT_FILES(scan, ...)                                                                                        \
    assert_files(scan, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void assert_skipped(const dc_scan *scan, const char *const (*expected)[2], size_t count)
{
    dc_skipped *skipped;
    size_t skipped_count;
    assert_int_equal(dc_skipped_parse(scan->skipped.text, scan->skipped.size, &skipped, &skipped_count), 0);
    assert_int_equal(skipped_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(below_scratch(skipped[i].path), expected[i][0]);
        assert_non_null(strstr(skipped[i].reason, expected[i][1]));
    }
    free(skipped);
}

static void a_run_below_a_folder_is_passed_over(void **state)
{
    (void)state;
    make_folder("home");
    make_folder("home/run");
    make_folder("home/run/samples");
    make_file("home/run/config.json");
    make_file("home/run/metrics.jsonl");
    make_file("home/run/samples/epoch_0001.png");
    make_file("home/photo.png");
    dc_scan *scan = SCAN("home");
    ASSERT_FILES(scan, "home/photo.png");
    assert_skipped(scan, (const char *const[][2]){{"home/run", "run directory"}}, 1);
    dc_scan_free(scan);
    scan = SCAN("home/run/samples");
    ASSERT_FILES(scan, "home/run/samples/epoch_0001.png");
    dc_scan_free(scan);
}

static void folders_are_read_to_the_bottom_in_the_order_of_bytes(void **state)
{
    (void)state;
    make_folder("deep");
    make_folder("deep/b");
    make_folder("deep/b/c");
    make_file("deep/b/c/1.png");
    make_file("deep/Z.png");
    make_file("deep/a.png");
    make_file("deep/b.png");
    make_file("deep/\xc3\xa4.png");
    dc_scan *scan = SCAN("deep");
    ASSERT_FILES(scan, "deep/Z.png", "deep/a.png", "deep/b.png", "deep/b/c/1.png", "deep/\xc3\xa4.png");
    assert_int_equal(scan->folder_count, 3);
    assert_skipped(scan, NULL, 0);
    dc_scan_free(scan);
}

static void places_may_be_many_and_overlap(void **state)
{
    (void)state;
    make_folder("one");
    make_folder("one/inner");
    make_folder("two");
    make_file("one/x");
    make_file("one/inner/y");
    make_file("two/z");
    dc_scan *scan = SCAN("two", "one/inner", "two/z", "one", "one/.", "one/../one/x", "two");
    ASSERT_FILES(scan, "one/inner/y", "one/x", "two/z");
    assert_skipped(scan, NULL, 0);
    dc_scan_free(scan);
}

static void a_file_counts_once_whatever_leads_to_it(void **state)
{
    (void)state;
    make_folder("links");
    make_folder("links/real");
    make_file("links/real/x");
    make_link("real/x", "links/a");
    make_link("real", "links/zz");
    assert_int_equal(link(scratch_path("links/real/x"), scratch_path("links/hard")), 0);
    dc_scan *scan = SCAN("links");
    ASSERT_FILES(scan, "links/a");
    assert_skipped(scan, (const char *const[][2]){{"links/zz", "already read"}}, 1);
    dc_scan_free(scan);
}

static void links_neither_loop_nor_multiply(void **state)
{
    (void)state;
    make_folder("loop");
    make_folder("loop/in");
    make_file("loop/in/x");
    make_link(".", "loop/again");
    make_link("..", "loop/in/up");
    dc_scan *scan = SCAN("loop");
    ASSERT_FILES(scan, "loop/in/x");
    assert_skipped(scan, (const char *const[][2]){{"loop/again", "already read"}, {"loop/in/up", "already read"}}, 2);
    dc_scan_free(scan);

    /* Two links to the next of 30 folders: a billion ways to the last. */
    make_folder("maze");
    for (int i = 0; i < 30; i++) {
        char name[32], next[32];
        snprintf(name, sizeof name, "maze/%02d", i);
        make_folder(name);
        snprintf(next, sizeof next, "../%02d", i + 1);
        snprintf(name, sizeof name, "maze/%02d/a", i);
        make_link(next, name);
        snprintf(name, sizeof name, "maze/%02d/b", i);
        make_link(next, name);
    }
    make_folder("maze/30");
    make_file("maze/30/x");
    scan = SCAN("maze");
    assert_int_equal(scan->file_count, 1);
    assert_int_equal(scan->folder_count, 32);
    dc_scan_free(scan);
}

static void what_is_no_file_is_skipped_with_its_reason(void **state)
{
    (void)state;
    make_folder("odd");
    make_file("odd/x");
    assert_int_equal(mkfifo(scratch_path("odd/fifo"), 0666), 0);
    make_link("/dev/zero", "odd/zero");
    make_link("nowhere", "odd/dangling");
    make_link("self", "odd/self");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", scratch_path("odd/socket"));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    dc_scan *scan = SCAN("odd");
    close(fd);
    ASSERT_FILES(scan, "odd/x");
    assert_skipped(scan,
                   (const char *const[][2]){{"odd/dangling", "No such file"},
                                            {"odd/fifo", "named pipe"},
                                            {"odd/self", "symbolic links"},
                                            {"odd/socket", "socket"},
                                            {"odd/zero", "device"}},
                   5);
    dc_scan_free(scan);
}

static void hidden_names_are_passed_over_unless_given(void **state)
{
    (void)state;
    make_folder("hidden");
    make_folder("hidden/.git");
    make_file("hidden/.git/x");
    make_file("hidden/.DS_Store");
    make_file("hidden/x");
    dc_scan *scan = SCAN("hidden");
    ASSERT_FILES(scan, "hidden/x");
    assert_skipped(scan, NULL, 0);
    dc_scan_free(scan);
    scan = SCAN("hidden/.git");
    ASSERT_FILES(scan, "hidden/.git/x");
    dc_scan_free(scan);
}

static void names_may_be_anything(void **state)
{
    (void)state;
    char longest[256 + 6] = "names/";
    memset(longest + 6, 'n', 255);
    make_folder("names");
    make_file("names/ two words ");
    make_file("names/new\nline");
    make_file("names/\xff\xfe.png");
    make_file("names/-rf");
    make_file("names/%s%n");
    make_file(longest);
    dc_scan *scan = SCAN("names");
    ASSERT_FILES(scan, "names/ two words ", "names/%s%n", "names/-rf", "names/new\nline", longest,
                 "names/\xff\xfe.png");
    dc_scan_free(scan);
}

/* Paths longer than the system takes cannot be opened by name. */
static void folders_too_deep_are_skipped(void **state)
{
    (void)state;
    char name[201], *start = getcwd(NULL, 0);
    memset(name, 'd', 200);
    name[200] = '\0';
    make_folder("abyss");
    make_file("abyss/x");
    assert_int_equal(chdir(scratch_path("abyss")), 0);
    for (int i = 0; i < 25; i++) {
        assert_int_equal(mkdir(name, 0777), 0);
        assert_int_equal(chdir(name), 0);
    }
    assert_int_equal(chdir(start), 0);
    dc_scan *scan = SCAN("abyss");
    assert_int_equal(scan->file_count, 1);
    assert_non_null(strstr(scan->skipped.text + strlen(scan->skipped.text) + 1, "too long"));
    dc_scan_free(scan);

    /* nftw goes by path too: shorten the way down for it. */
    assert_int_equal(chdir(scratch_path("abyss")), 0);
    for (int i = 0; i < 12; i++)
        assert_int_equal(chdir(name), 0);
    assert_int_equal(rename(name, scratch_path("lower-abyss")), 0);
    assert_int_equal(chdir(start), 0);
    free(start);
}

static void the_spelling_of_a_place_does_not_matter(void **state)
{
    (void)state;
    make_folder("spelt");
    make_file("spelt/x");
    char *start = getcwd(NULL, 0);
    assert_int_equal(chdir(scratch_path(".")), 0);
    const char *const spellings[] = {"spelt", "./spelt/", "spelt//",
                                     "../../../../../../../../../../proc/self/cwd/spelt"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        dc_scan *scan;
        assert_int_equal(dc_scan_places(&spellings[i], 1, &scan), 0);
        assert_int_equal(scan->file_count, 1);
        assert_string_equal(below_scratch(scan->files[0].path), "spelt/x");
        dc_scan_free(scan);
    }
    assert_int_equal(chdir(start), 0);
    free(start);
}

static void a_place_that_does_not_exist_is_an_error(void **state)
{
    (void)state;
    make_folder("exists");
    const char *const paths[] = {scratch_path("exists"), scratch_path("misspelt")};
    dc_scan *scan = NULL;
    assert_int_equal(dc_scan_places(paths, 2, &scan), DCGAN_E_IO);
    assert_null(scan);
    assert_non_null(strstr(dcgan_error_message(), "misspelt"));
    assert_non_null(strstr(dcgan_error_message(), "Check the spelling"));
}

static void stamps_change_with_the_file(void **state)
{
    (void)state;
    make_folder("stamps");
    make_file("stamps/x");
    uint64_t stamps[4];
    for (int i = 0; i < 4; i++) {
        if (i == 1)
            write_text(scratch_path("stamps/x"), "another length");
        if (i == 2)
            assert_int_equal(chmod(scratch_path("stamps/x"), 0600 ^ 0444), 0);
        const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = i == 3}};
        assert_int_equal(utimensat(AT_FDCWD, scratch_path("stamps/x"), times, 0), 0);
        dc_scan *scan = SCAN("stamps");
        stamps[i] = scan->files[0].stamp;
        dc_scan_free(scan);
        for (int j = 0; j < i; j++)
            assert_true(stamps[j] != stamps[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_below_a_folder_is_passed_over),
        cmocka_unit_test(folders_are_read_to_the_bottom_in_the_order_of_bytes),
        cmocka_unit_test(places_may_be_many_and_overlap),
        cmocka_unit_test(a_file_counts_once_whatever_leads_to_it),
        cmocka_unit_test(links_neither_loop_nor_multiply),
        cmocka_unit_test(what_is_no_file_is_skipped_with_its_reason),
        cmocka_unit_test(hidden_names_are_passed_over_unless_given),
        cmocka_unit_test(names_may_be_anything),
        cmocka_unit_test(folders_too_deep_are_skipped),
        cmocka_unit_test(the_spelling_of_a_place_does_not_matter),
        cmocka_unit_test(a_place_that_does_not_exist_is_an_error),
        cmocka_unit_test(stamps_change_with_the_file),
    };
    return cmocka_run_group_tests_name("scan", tests, scratch_create, scratch_remove);
}
