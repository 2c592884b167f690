/* test_dataset_cache.c - when pictures come from the cache, and that nothing about it can do harm. */
#include "dataset_rig.h"
#include "picture_files.h"
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_opened(const char *folder, bool from_cache, uint32_t count)
{
    dc_dataset *dataset = open_folder(folder);
    assert_int_equal(dataset->from_cache, from_cache);
    assert_int_equal(dataset->count, count);
    dc_dataset_close(dataset);
}

static void set_time(const char *name, time_t seconds)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(name), times, 0), 0);
}

static void the_cache_serves_until_something_changes(void **state)
{
    (void)state;
    make_numbered("changing", 5);
    assert_opened("changing", false, 5);
    assert_opened("changing", true, 5);
    set_time("changing/3.png", 1000);
    assert_opened("changing", false, 5);
    assert_opened("changing", true, 5);
    write_png(scratch_path("changing/6.png"), 10, 10, 6);
    assert_opened("changing", false, 6);
    write_text(scratch_path("changing/notes.txt"), "not a picture");
    assert_opened("changing", false, 6);
    assert_opened("changing", true, 6);
    assert_int_equal(unlink(scratch_path("changing/1.png")), 0);
    assert_opened("changing", false, 5);
    assert_int_equal(rename(scratch_path("changing/2.png"), scratch_path("changing/9.png")), 0);
    assert_opened("changing", false, 5);
    assert_int_equal(mkfifo(scratch_path("changing/fifo"), 0666), 0);
    assert_opened("changing", false, 5);
    assert_opened("changing", true, 5);
}

static void every_fit_has_its_own_cache(void **state)
{
    (void)state;
    make_numbered("fits", 2);
    dc_image_fit fits[8];
    for (int i = 0; i < 8; i++)
        fits[i] = rgb8;
    fits[1].width = 16;
    fits[2].height = 16;
    fits[3].channels = 1;
    fits[4].channels = 4;
    fits[5].full_decode = false;
    fits[6].background[0] = 1;
    fits[7].background[2] = 1;
    for (int time = 0; time < 2; time++)
        for (int i = 0; i < 8; i++) {
            dc_dataset *dataset;
            assert_int_equal(try_open("fits", &fits[i], 1, &dataset), 0);
            assert_int_equal(dataset->from_cache, time == 1);
            dc_dataset_close(dataset);
        }
}

static void the_hash_names_the_pixels_wherever_they_lie(void **state)
{
    (void)state;
    make_numbered("original", 3);
    make_numbered("copy", 3);
    make_numbered("other", 3);
    write_png(scratch_path("other/2.png"), 10, 10, 9);
    dc_dataset *original = open_folder("original"), *copy = open_folder("copy"), *other = open_folder("other");
    assert_true(original->hash == copy->hash);
    assert_true(original->hash != other->hash);
    dc_dataset_close(original);
    dc_dataset_close(copy);
    dc_dataset_close(other);
}

/* The only file of this kind in the folder; good until the next call. */
static const char *only_cache_file(const char *folder)
{
    static char path[600];
    int count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%.300s/%.255s", folder, entry->d_name);
            count++;
        }
    closedir(entries);
    assert_int_equal(count, 1);
    return path;
}

/* From here on caches go to a folder of the test's own. */
static const char *fresh_cache_folder(const char *name)
{
    make_folder(name);
    assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path(name), 1), 0);
    static char path[600];
    snprintf(path, sizeof path, "%s/dcgan", scratch_path(name));
    return path;
}

static size_t read_file(const char *path, uint8_t *ret_bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(ret_bytes, 1, capacity, file);
    assert_true(size < capacity);
    fclose(file);
    return size;
}

/* Opens it while no file can grow past `limit`, as on a full disk. */
static dc_dataset *open_with_disk_limit(const char *folder, rlim_t limit)
{
    struct rlimit usual, tight;
    getrlimit(RLIMIT_FSIZE, &usual);
    tight = (struct rlimit){.rlim_cur = limit, .rlim_max = usual.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    dc_dataset *dataset = open_folder(folder);
    setrlimit(RLIMIT_FSIZE, &usual);
    signal(SIGXFSZ, SIG_DFL);
    return dataset;
}

static void a_damaged_cache_is_made_anew(void **state)
{
    (void)state;
    make_numbered("damaged", 2);
    write_text(scratch_path("damaged/bad.png"), "bad");
    const char *folder = fresh_cache_folder("damaged-cache");
    assert_opened("damaged", false, 2);
    char path[600];
    snprintf(path, sizeof path, "%s", only_cache_file(folder));
    static uint8_t whole[4096], bytes[4096];
    size_t size = read_file(path, whole, sizeof whole);
    dc_dataset *dataset = open_folder("damaged");
    uint64_t hash = dataset->hash;
    dc_dataset_close(dataset);

    for (size_t i = 0; i < 2 * size; i++) {
        memcpy(bytes, whole, size);
        if (i < size)
            bytes[i] ^= 1 << (i % 8);
        write_bytes(path, bytes, i < size ? size : i - size);
        dataset = open_with_disk_limit("damaged", 0); /* leaves the damaged file as it is, and is quick */
        assert_false(dataset->from_cache);
        assert_true(dataset->hash == hash);
        assert_int_equal(dataset->skipped_count, 1);
        dc_dataset_close(dataset);
    }
    assert_opened("damaged", false, 2);
    assert_opened("damaged", true, 2);
    size_t again = read_file(path, bytes, sizeof bytes);
    assert_int_equal(again, size);
    assert_memory_equal(bytes, whole, size);
}

static void without_a_cache_folder_pictures_are_in_memory(void **state)
{
    (void)state;
    make_numbered("homeless", 3);
    write_text(scratch_path("homeless/bad.png"), "bad");
    char *temporary = getenv("TMPDIR");
    temporary = temporary ? strdup(temporary) : NULL;
    setenv("XDG_CACHE_HOME", "/dev/null", 1);
    setenv("TMPDIR", "/dev/null", 1);
    for (int time = 0; time < 2; time++) {
        dc_dataset *dataset = open_folder("homeless");
        assert_false(dataset->from_cache);
        assert_int_equal(dataset->skipped_count, 1);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(first_value(dataset, i), i + 1);
        dc_dataset_close(dataset);
    }
    /* With one of the two, the cache is there again. */
    make_folder("temporary");
    setenv("TMPDIR", scratch_path("temporary"), 1);
    assert_opened("homeless", false, 3);
    assert_opened("homeless", true, 3);
    temporary ? setenv("TMPDIR", temporary, 1) : unsetenv("TMPDIR");
    free(temporary);
}

static void on_a_full_disk_pictures_are_in_memory(void **state)
{
    (void)state;
    make_numbered("large", 100);
    const char *folder = fresh_cache_folder("full-cache");
    dc_dataset *dataset = open_with_disk_limit("large", 10000);
    assert_false(dataset->from_cache);
    assert_int_equal(dataset->count, 100);
    assert_int_equal(first_value(dataset, 99), 99);
    dc_dataset_close(dataset);
    assert_int_equal(rmdir(folder), 0); /* nothing was left in it */
    assert_opened("large", false, 100);
    assert_opened("large", true, 100);
}

/* Makes opening files fail after 64 of 150 pictures (two threads' batch), and work again after 128. */
static void fail_for_a_while(void *context, uint64_t done, uint64_t total)
{
    (void)total;
    const struct rlimit *usual = context;
    const struct rlimit tight = {.rlim_cur = 0, .rlim_max = usual->rlim_max};
    setrlimit(RLIMIT_NOFILE, done == 64 ? &tight : usual);
}

static void what_failed_for_a_while_is_not_kept(void **state)
{
    (void)state;
    make_numbered("unlucky", 150);
    const char *path = scratch_path("unlucky");
    struct rlimit usual;
    getrlimit(RLIMIT_NOFILE, &usual);
    const dc_dataset_source source = {
        .paths = &path, .path_count = 1, .fit = rgb8, .on_progress = fail_for_a_while, .context = &usual};
    dc_pool *pool;
    dc_dataset *dataset;
    assert_int_equal(dc_pool_create(2, &pool), 0);
    assert_int_equal(dc_dataset_open(&source, pool, &dataset), 0);
    dc_pool_free(pool);
    assert_int_equal(dataset->count, 150 - 64);
    assert_int_equal(dataset->skipped_count, 64);
    assert_non_null(strstr(dataset->skipped[0].reason, "Too many open files"));
    dc_dataset_close(dataset);
    assert_opened("unlucky", false, 150);
    assert_opened("unlucky", true, 150);
}

static void processes_may_build_one_cache_at_once(void **state)
{
    (void)state;
    enum { PROCESSES = 4 };
    make_numbered("shared", 100);
    const char *folder = fresh_cache_folder("shared-cache");
    pid_t processes[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        processes[i] = fork();
        assert_true(processes[i] >= 0);
        if (processes[i] == 0) {
            dc_dataset *dataset;
            bool good = try_open("shared", &rgb8, 2, &dataset) == DCGAN_OK && dataset->count == 100;
            for (uint32_t j = 1; good && j < 100; j++) /* 1, 10, 100, 11, ... */
                good = first_value(dataset, j) != first_value(dataset, j - 1);
            _exit(good ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int result;
        assert_int_equal(waitpid(processes[i], &result, 0), processes[i]);
        assert_int_equal(result, 0);
    }
    only_cache_file(folder);
    assert_opened("shared", true, 100);
}

static void caches_not_used_for_long_are_removed(void **state)
{
    (void)state;
    make_numbered("tidy", 2);
    fresh_cache_folder("tidy-cache");
    make_folder("tidy-cache/dcgan");
    const time_t now = time(NULL), day = 24 * 60 * 60;
    const struct {
        const char *name;
        time_t age;
        bool kept;
    } files[] = {
        {"tidy-cache/dcgan/0000000000000001.pixels", 61 * day, false},
        {"tidy-cache/dcgan/0000000000000002.pixels", 59 * day, true},
        {"tidy-cache/dcgan/0000000000000003.pixels.77.tmp", 2 * day, false},
        {"tidy-cache/dcgan/0000000000000004.pixels.78.tmp", day / 2, true},
        {"tidy-cache/dcgan/somebody-elses.txt", 1000 * day, true},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_text(scratch_path(files[i].name), "");
        set_time(files[i].name, now - files[i].age);
    }
    assert_opened("tidy", false, 2);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(access(scratch_path(files[i].name), F_OK) == 0, files[i].kept);
}

static void using_a_cache_keeps_it_young(void **state)
{
    (void)state;
    make_numbered("young", 2);
    const char *folder = fresh_cache_folder("young-cache");
    assert_opened("young", false, 2);
    const char *path = only_cache_file(folder);
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_opened("young", true, 2);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtime > 1000);
}

static bool opens_without_a_cache(void)
{
    dc_dataset *dataset;
    setenv("TMPDIR", scratch_path("read-only"), 1);
    for (int time = 0; time < 2; time++)
        if (try_open("bound", &rgb8, 1, &dataset) != DCGAN_OK || dataset->from_cache || dataset->count != 3)
            return false;
    return true;
}

static void a_read_only_cache_folder_is_no_obstacle(void **state)
{
    (void)state;
    make_numbered("bound", 3);
    make_folder("read-only");
    chmod(scratch_path("read-only"), 0555);
    setenv("XDG_CACHE_HOME", scratch_path("read-only"), 1);
    run_as_ordinary_user(opens_without_a_cache);
}

static bool cache_follows_permissions(void)
{
    dc_dataset *dataset;
    setenv("XDG_CACHE_HOME", scratch_path("open-cache"), 1);
    bool good = try_open("opening", &rgb8, 1, &dataset) == DCGAN_OK && dataset->count == 1;
    return good && chmod(scratch_path("opening/2.png"), 0644) == 0 &&
           try_open("opening", &rgb8, 1, &dataset) == DCGAN_OK && dataset->count == 2;
}

static void a_file_made_readable_is_read(void **state)
{
    (void)state;
    make_numbered("opening", 2);
    make_folder("open-cache");
    chmod(scratch_path("open-cache"), 0777);
    chmod(scratch_path("opening/2.png"), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(scratch_path("opening/2.png"), 65534, 65534), 0);
    run_as_ordinary_user(cache_follows_permissions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_serves_until_something_changes),
        cmocka_unit_test(every_fit_has_its_own_cache),
        cmocka_unit_test(the_hash_names_the_pixels_wherever_they_lie),
        cmocka_unit_test(a_damaged_cache_is_made_anew),
        cmocka_unit_test(without_a_cache_folder_pictures_are_in_memory),
        cmocka_unit_test(on_a_full_disk_pictures_are_in_memory),
        cmocka_unit_test(what_failed_for_a_while_is_not_kept),
        cmocka_unit_test(processes_may_build_one_cache_at_once),
        cmocka_unit_test(caches_not_used_for_long_are_removed),
        cmocka_unit_test(using_a_cache_keeps_it_young),
        cmocka_unit_test(a_read_only_cache_folder_is_no_obstacle),
        cmocka_unit_test(a_file_made_readable_is_read),
    };
    return cmocka_run_group_tests_name("dataset_cache", tests, dataset_rig_create, scratch_remove);
}
