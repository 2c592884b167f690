/* test_base.c - random numbers, files, memory, threads and messages: src/base. */
#include "base/file.h"
#include "base/memory.h"
#include "base/philox.h"
#include "base/pool.h"
#include "scratch.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- philox.h ---------------------------------------------------------------------------------------- */

/* The known answers that come with Random123 (kat_vectors: philox4x32 10). */
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        dc_philox(known[i].counter, known[i].key, words);
        assert_memory_equal(words, known[i].words, sizeof words);
    }
}

static void words_are_those_of_the_blocks(void **state)
{
    (void)state;
    const dc_stream stream = {.seed = 0x123456789abcdef0, .step = 0xfedcba9876543210, .purpose = DC_PURPOSE_ORDER};
    for (uint32_t block = 0; block < 100; block++) {
        uint32_t words[4];
        dc_stream_block(&stream, block, words);
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(dc_stream_word(&stream, 4 * block + i), words[i]);
    }
}

static void every_part_of_a_stream_name_matters(void **state)
{
    (void)state;
    const dc_stream base = {.seed = 1, .step = 2, .purpose = DC_PURPOSE_FLIP};
    const dc_stream others[] = {
        {.seed = 2, .step = 2, .purpose = DC_PURPOSE_FLIP},   {.seed = 1, .step = 3, .purpose = DC_PURPOSE_FLIP},
        {.seed = 1, .step = 2, .purpose = DC_PURPOSE_SAMPLE}, {.seed = 1 | 1ull << 32, .step = 2, .purpose = 3},
        {.seed = 1, .step = 2 | 1ull << 32, .purpose = 3},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_not_equal(dc_stream_word(&base, 0), dc_stream_word(&others[i], 0));
}

static void normal_numbers_have_the_moments_of_the_normal_distribution(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    const dc_stream stream = {.seed = 7, .step = 1, .purpose = DC_PURPOSE_LATENT};
    float *values = malloc(N * sizeof *values);
    dc_stream_normal(&stream, 0, N, values);
    double sum[5] = {0}, pairs = 0;
    for (int i = 0; i < N; i++) {
        assert_true(isfinite(values[i]) && fabsf(values[i]) < 6.7f); /* sqrt(2 ln 2^32) */
        for (int power = 1; power <= 4; power++)
            sum[power] += pow(values[i], power) / N;
        pairs += (double)values[i] * values[i ^ 1] / N;
    }
    free(values);
    /* Five standard errors each. */
    assert_true(fabs(sum[1]) < 5 * sqrt(1.0 / N));
    assert_true(fabs(sum[2] - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(sum[3]) < 5 * sqrt(15.0 / N));
    assert_true(fabs(sum[4] - 3) < 5 * sqrt(96.0 / N));
    assert_true(fabs(pairs) < 5 * sqrt(2.0 / N));
}

/* What one seed gives today it must give for ever, with every compiler: checkpoints rely on it. The values
 * are Python's math.log, math.sqrt, math.cos and math.sin on the same Philox words. */
static void normal_numbers_never_change(void **state)
{
    (void)state;
    enum { N = 100000 };
    static const float expected[9] = {
        0x1.e1191cp+0f, 0x1.25225ep+0f, -0x1.268214p-3f, 0x1.4e04dap+0f, -0x1.5a4d4cp+0f,
        0x1.5eab7ep-2f, 0x1.47e390p-2f, -0x1.41e24ep+0f, 0x1.3321f2p+1f,
    };
    const dc_stream stream = {.seed = 42, .step = 3, .purpose = DC_PURPOSE_SAMPLE};
    float *values = malloc(N * sizeof *values);
    dc_stream_normal(&stream, 0, N, values);
    assert_memory_equal(values, expected, sizeof expected);
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < N * sizeof *values; i++)
        hash = (hash ^ ((const uint8_t *)values)[i]) * 0x100000001b3;
    free(values);
    assert_int_equal(hash, 0xea2c3829fabccb9b);
}

static void normal_numbers_do_not_depend_on_how_they_are_split(void **state)
{
    (void)state;
    const dc_stream stream = {.seed = 5, .step = 9, .purpose = DC_PURPOSE_INIT};
    float whole[64], part[64];
    dc_stream_normal(&stream, 0, 64, whole);
    for (uint64_t first = 0; first <= 9; first++) {
        for (uint64_t n = 0; n <= 9; n++) {
            memset(part, 0, sizeof part);
            dc_stream_normal(&stream, first, n, part);
            assert_memory_equal(part, whole + first, n * sizeof *part);
            for (uint64_t i = n; i < 64; i++)
                assert_true(part[i] == 0);
        }
    }
}

static void a_permutation_has_every_number_once(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 1, 2, 3, 64, 1000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        uint32_t n = sizes[k], order[1000], again[1000], other[1000];
        bool seen[1000] = {false};
        const dc_stream epoch1 = {.seed = 1, .step = 1, .purpose = DC_PURPOSE_ORDER};
        const dc_stream epoch2 = {.seed = 1, .step = 2, .purpose = DC_PURPOSE_ORDER};
        dc_stream_permutation(&epoch1, n, order);
        dc_stream_permutation(&epoch1, n, again);
        dc_stream_permutation(&epoch2, n, other);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(order[i] < n && !seen[order[i]]);
            seen[order[i]] = true;
        }
        assert_memory_equal(order, again, n * sizeof *order);
        if (n >= 64)
            assert_memory_not_equal(order, other, n * sizeof *order);
    }
}

/* Each of the 24 orders of four things equally often: five standard errors over 24,000 draws. */
static void permutations_are_uniform(void **state)
{
    (void)state;
    int counts[256] = {0}, kinds = 0;
    for (uint64_t epoch = 0; epoch < 24000; epoch++) {
        const dc_stream stream = {.seed = 11, .step = epoch, .purpose = DC_PURPOSE_ORDER};
        uint32_t order[4];
        dc_stream_permutation(&stream, 4, order);
        counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        kinds += counts[i] > 0;
        assert_true(counts[i] == 0 || abs(counts[i] - 1000) < 155);
    }
    assert_int_equal(kinds, 24);
}

/* ---- file.h ------------------------------------------------------------------------------------------ */

static void assert_message_has(const char *part)
{
    if (!strstr(dcgan_error_message(), part))
        fail_msg("\"%s\" is not in the message: %s", part, dcgan_error_message());
}

static void assert_file_is(const char *path, const char *content)
{
    dc_mapping mapping;
    assert_int_equal(dc_file_map(path, &mapping), DCGAN_OK);
    assert_int_equal(mapping.size, strlen(content));
    assert_memory_equal(mapping.data, content, mapping.size);
    dc_file_unmap(&mapping);
}

/* Has a writer left its temporary file behind? */
static bool temporary_is_left(const char *path)
{
    char temporary[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    return dc_path_exists(temporary);
}

static void what_is_written_can_be_mapped(void **state)
{
    (void)state;
    const char *path = scratch_path("plain");
    assert_int_equal(dc_file_write(path, "first", 5), DCGAN_OK);
    assert_file_is(path, "first");
    assert_int_equal(dc_file_write(path, "the second", 10), DCGAN_OK);
    assert_file_is(path, "the second");
    assert_int_equal(dc_file_write(path, "", 0), DCGAN_OK);
    assert_file_is(path, "");
    assert_false(temporary_is_left(path));
}

static void only_readable_regular_files_are_mapped(void **state)
{
    (void)state;
    dc_mapping mapping = {.size = 77};
    const char *missing = scratch_path("missing"), *fifo = scratch_path("fifo");
    assert_int_equal(dc_file_map(missing, &mapping), DCGAN_E_IO);
    assert_message_has(missing);
    assert_message_has("Check the spelling");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(dc_file_map(fifo, &mapping), DCGAN_E_INPUT);
    assert_message_has("not a regular file");
    assert_int_equal(dc_file_map(scratch_path("."), &mapping), DCGAN_E_INPUT);
    assert_int_equal(mapping.size, 77);
}

static void an_abandoned_write_changes_nothing(void **state)
{
    (void)state;
    const char *path = scratch_path("abandoned");
    assert_int_equal(dc_file_write(path, "old", 3), DCGAN_OK);
    dc_writer *writer;
    assert_int_equal(dc_writer_open(path, &writer), DCGAN_OK);
    assert_int_equal(dc_writer_add(writer, "new and longer", 14), DCGAN_OK);
    assert_file_is(path, "old");
    dc_writer_abandon(writer);
    assert_file_is(path, "old");
    assert_false(temporary_is_left(path));
    dc_writer_abandon(NULL);
}

static void a_write_needs_its_folder(void **state)
{
    (void)state;
    dc_writer *writer = NULL;
    const char *path = scratch_path("no-such-folder/file");
    assert_int_equal(dc_writer_open(path, &writer), DCGAN_E_IO);
    assert_null(writer);
    assert_message_has(path);
    assert_int_equal(dc_make_directory(scratch_path("occupied")), DCGAN_OK);
    assert_int_equal(dc_file_write(scratch_path("occupied"), "x", 1), DCGAN_E_IO);
    assert_message_has("occupied");
    assert_false(temporary_is_left(scratch_path("occupied")));
}

/* Writes that fail midway, as on a full disk: the old file stays, whatever the caller does next. */
static void a_failed_write_keeps_the_old_file(void **state)
{
    (void)state;
    enum { LIMIT = 4096 };
    static const char data[2 * LIMIT];
    const char *path = scratch_path("limited");
    assert_int_equal(dc_file_write(path, "old", 3), DCGAN_OK);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = LIMIT, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    dc_status at_once = dc_file_write(path, data, sizeof data);
    dc_writer *writer;
    assert_int_equal(dc_writer_open(path, &writer), DCGAN_OK);
    dc_status added = dc_writer_add(writer, data, sizeof data);
    dc_status committed = dc_writer_commit(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(at_once, DCGAN_E_IO);
    assert_int_equal(added, DCGAN_E_IO);
    assert_int_equal(committed, DCGAN_E_IO);
    assert_message_has(path);
    assert_file_is(path, "old");
    assert_false(temporary_is_left(path));
}

static void a_full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    const char *disk = scratch_path("disk");
    assert_int_equal(dc_make_directory(disk), DCGAN_OK);
    if (mount("tmpfs", disk, "tmpfs", 0, "size=64k") != 0) {
        print_message("no full disk was tried: mounting a small one needs root\n");
        skip();
    }
    const char *path = scratch_path("disk/file");
    char *data = calloc(1, 1 << 20);
    dc_status old = dc_file_write(path, "old", 3), full = dc_file_write(path, data, 1 << 20);
    char message[512];
    snprintf(message, sizeof message, "%s", dcgan_error_message());
    free(data);
    bool left = temporary_is_left(path);
    dc_mapping mapping = {0};
    dc_status mapped = dc_file_map(path, &mapping);
    size_t size = mapping.size;
    dc_file_unmap(&mapping);
    assert_int_equal(umount(disk), 0);
    assert_int_equal(old, DCGAN_OK);
    assert_int_equal(full, DCGAN_E_IO);
    assert_non_null(strstr(message, "Free some space"));
    assert_int_equal(mapped, DCGAN_OK);
    assert_int_equal(size, 3);
    assert_false(left);
}

static void directories_are_made_with_their_parents(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a/b/c", "a/b/c", "d/e/", "f//g", "."};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(dc_make_directory(scratch_path(good[i])), DCGAN_OK);
        assert_true(dc_path_is_directory(scratch_path(good[i])));
    }
    assert_int_equal(dc_make_directory("/"), DCGAN_OK);
    assert_int_equal(dc_make_directory(""), DCGAN_E_USAGE);

    assert_int_equal(dc_file_write(scratch_path("a/file"), "x", 1), DCGAN_OK);
    assert_false(dc_path_is_directory(scratch_path("a/file")));
    assert_int_equal(dc_make_directory(scratch_path("a/file")), DCGAN_E_IO);
    assert_message_has("a/file");
    assert_message_has("File exists");
    assert_int_equal(dc_make_directory(scratch_path("a/file/below")), DCGAN_E_IO);
    assert_int_equal(symlink("nowhere", scratch_path("dangling")), 0);
    assert_int_equal(dc_make_directory(scratch_path("dangling")), DCGAN_E_IO);
    assert_message_has("File exists");
}

static void paths_are_formatted(void **state)
{
    (void)state;
    char *path;
    assert_int_equal(dc_path(&path, "%s/samples/%04d.png", "run", 3), DCGAN_OK);
    assert_string_equal(path, "run/samples/0003.png");
    free(path);
}

/* ---- memory.h ---------------------------------------------------------------------------------------- */

static void impossible_amounts_are_refused(void **state)
{
    (void)state;
    void *memory = NULL;
    assert_int_equal(dc_alloc(SIZE_MAX / 2, 3, &memory), DCGAN_E_MEMORY);
    assert_null(memory);
    dc_arena arena = {0};
    dc_arena_take(&arena, (size_t)1 << 60);
    assert_int_equal(dc_arena_allocate(&arena), DCGAN_E_MEMORY);
    assert_message_has("--batch");
    dc_arena_free(&arena);
}

static void memory_is_zeroed(void **state)
{
    (void)state;
    char *memory, zeros[300] = {0};
    assert_int_equal(dc_alloc(100, 3, (void **)&memory), DCGAN_OK);
    assert_memory_equal(memory, zeros, sizeof zeros);
    free(memory);
    assert_int_equal(dc_alloc(0, 8, (void **)&memory), DCGAN_OK);
    assert_non_null(memory);
    free(memory);
}

static void carve(dc_arena *arena, char *ret_parts[4])
{
    static const size_t sizes[4] = {1, 64, 0, 1000};
    for (int i = 0; i < 4; i++)
        ret_parts[i] = dc_arena_take(arena, sizes[i]);
}

static void an_arena_is_measured_then_carved(void **state)
{
    (void)state;
    dc_arena arena = {0};
    char *parts[4], zeros[1000] = {0};
    carve(&arena, parts);
    for (int i = 0; i < 4; i++)
        assert_null(parts[i]);
    assert_int_equal(arena.offset, 64 + 64 + 0 + 1024);
    assert_int_equal(dc_arena_allocate(&arena), DCGAN_OK);
    assert_int_equal(arena.size, 64 + 64 + 0 + 1024);
    carve(&arena, parts);
    assert_int_equal(arena.offset, arena.size);
    for (int i = 0; i < 4; i++)
        assert_int_equal((uintptr_t)parts[i] % DC_ALIGNMENT, 0);
    assert_ptr_equal(parts[0], arena.base);
    assert_ptr_equal(parts[1], arena.base + 64);
    assert_ptr_equal(parts[3], arena.base + 128);
    assert_memory_equal(parts[3], zeros, sizeof zeros);
    dc_arena_free(&arena);
    dc_arena_free(&arena);
}

/* ---- pool.h ------------------------------------------------------------------------------------------ */

enum { MOST_TASKS = 300 };

typedef struct tally {
    int threads;
    atomic_int runs[MOST_TASKS];
    atomic_int strangers; /* worker numbers out of range */
} tally;

static void count_task(void *context, int task, int worker)
{
    tally *t = context;
    if (worker < 0 || worker >= t->threads)
        atomic_fetch_add(&t->strangers, 1);
    atomic_fetch_add(&t->runs[task], 1);
}

static void a_pool_runs_every_task_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 8; threads++) {
        dc_pool *pool;
        assert_int_equal(dc_pool_create(threads, &pool), DCGAN_OK);
        assert_int_equal(dc_pool_threads(pool), threads);
        for (int generation = 0; generation < 500; generation++) {
            static tally t;
            int tasks = generation * 7 % (MOST_TASKS + 1);
            t = (tally){.threads = threads};
            dc_pool_run(pool, count_task, &t, tasks);
            for (int i = 0; i < MOST_TASKS; i++)
                assert_int_equal(atomic_load(&t.runs[i]), i < tasks);
            assert_int_equal(atomic_load(&t.strangers), 0);
        }
        dc_pool_free(pool);
    }
}

typedef struct meeting {
    pthread_barrier_t all_here;
    atomic_int done;
} meeting;

/* No task goes on before every thread has one; then the caller's is done long before the others'. */
static void meet(void *context, int task, int worker)
{
    (void)task;
    meeting *m = context;
    pthread_barrier_wait(&m->all_here);
    usleep(worker == 0 ? 0 : 20000);
    atomic_fetch_add(&m->done, 1);
}

static void a_pool_uses_all_threads_and_waits_for_them(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    dc_pool *pool;
    meeting m = {.done = 0};
    pthread_barrier_init(&m.all_here, NULL, THREADS);
    assert_int_equal(dc_pool_create(THREADS, &pool), DCGAN_OK);
    for (int generation = 1; generation <= 3; generation++) {
        dc_pool_run(pool, meet, &m, THREADS);
        assert_int_equal(atomic_load(&m.done), generation * THREADS);
    }
    dc_pool_free(pool);
    pthread_barrier_destroy(&m.all_here);
}

static void a_pool_of_no_given_size_has_at_least_the_caller(void **state)
{
    (void)state;
    dc_pool *pool;
    assert_int_equal(dc_pool_create(0, &pool), DCGAN_OK);
    assert_true(dc_pool_threads(pool) >= 1);
    dc_pool_free(pool);
    dc_pool_free(NULL);
}

/* ---- status.h ---------------------------------------------------------------------------------------- */

static void a_failure_keeps_its_message(void **state)
{
    (void)state;
    assert_int_equal(dc_fail(DCGAN_E_INPUT, "%s is %d.", "x", 3), DCGAN_E_INPUT);
    assert_string_equal(dcgan_error_message(), "x is 3.");
    assert_int_equal(dc_fail_within(DCGAN_E_USAGE, "Reading %s", "y"), DCGAN_E_USAGE);
    assert_string_equal(dcgan_error_message(), "Reading y: x is 3.");
    dc_fail(DCGAN_E_USAGE, "[%s]", dcgan_error_message());
    assert_string_equal(dcgan_error_message(), "[Reading y: x is 3.]");
}

static void a_failed_system_call_says_what_to_do(void **state)
{
    (void)state;
    static const struct {
        int error;
        dc_status status;
        const char *message;
    } cases[] = {
        {ENOSPC, DCGAN_E_IO, "f: No space left on device. Free some space and try again."},
        {EACCES, DCGAN_E_IO, "f: Permission denied. Choose another place, or change the permissions."},
        {ENOENT, DCGAN_E_IO, "f: No such file or directory. Check the spelling of the path."},
        {EIO, DCGAN_E_IO, "f: Input/output error."},
        {ENOMEM, DCGAN_E_MEMORY, "f: Cannot allocate memory."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        errno = cases[i].error;
        assert_int_equal(dc_fail_errno("%s", "f"), cases[i].status);
        assert_string_equal(dcgan_error_message(), cases[i].message);
    }
}

static void messages_are_utf8_without_control_characters(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain, Gr\303\274\303\237e, \342\202\254, \360\237\214\262",
         "plain, Gr\303\274\303\237e, \342\202\254, \360\237\214\262"},
        {"red \033[31m, bell \a, tab \t, del \177", "red ?[31m, bell ?, tab ?, del ?"},
        {"two\nlines", "two\nlines"},
        {"latin1 \374ber", "latin1 ?ber"},
        {"C1 \302\233", "C1 ??"},
        {"overlong \300\257 \340\200\257", "overlong ?? ???"},
        {"surrogate \355\240\200", "surrogate ???"},
        {"beyond \364\220\200\200 \377", "beyond ???? ?"},
        {"cut \342\202", "cut ??"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dc_fail(DCGAN_E_INPUT, "%s", cases[i][0]);
        assert_string_equal(dcgan_error_message(), cases[i][1]);
    }
}

static void a_very_long_message_is_cut(void **state)
{
    (void)state;
    char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    errno = ENOSPC;
    dc_fail_errno("%s", name);
    assert_message_has("Free some space");
    for (int i = 0; i < 10; i++)
        dc_fail_within(DCGAN_E_IO, "%s", name);
    assert_in_range(strlen(dcgan_error_message()), 1000, 3000);
}

static void *fail_elsewhere(void *unused)
{
    (void)unused;
    dc_fail(DCGAN_E_IO, "elsewhere");
    return NULL;
}

static void messages_belong_to_their_thread(void **state)
{
    (void)state;
    pthread_t thread;
    dc_fail(DCGAN_E_IO, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(dcgan_error_message(), "here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(words_are_those_of_the_blocks),
        cmocka_unit_test(every_part_of_a_stream_name_matters),
        cmocka_unit_test(normal_numbers_have_the_moments_of_the_normal_distribution),
        cmocka_unit_test(normal_numbers_never_change),
        cmocka_unit_test(normal_numbers_do_not_depend_on_how_they_are_split),
        cmocka_unit_test(a_permutation_has_every_number_once),
        cmocka_unit_test(permutations_are_uniform),
        cmocka_unit_test(what_is_written_can_be_mapped),
        cmocka_unit_test(only_readable_regular_files_are_mapped),
        cmocka_unit_test(an_abandoned_write_changes_nothing),
        cmocka_unit_test(a_write_needs_its_folder),
        cmocka_unit_test(a_failed_write_keeps_the_old_file),
        cmocka_unit_test(a_full_disk_keeps_the_old_file),
        cmocka_unit_test(directories_are_made_with_their_parents),
        cmocka_unit_test(paths_are_formatted),
        cmocka_unit_test(impossible_amounts_are_refused),
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(an_arena_is_measured_then_carved),
        cmocka_unit_test(a_pool_runs_every_task_once),
        cmocka_unit_test(a_pool_uses_all_threads_and_waits_for_them),
        cmocka_unit_test(a_pool_of_no_given_size_has_at_least_the_caller),
        cmocka_unit_test(a_failure_keeps_its_message),
        cmocka_unit_test(a_failed_system_call_says_what_to_do),
        cmocka_unit_test(messages_are_utf8_without_control_characters),
        cmocka_unit_test(a_very_long_message_is_cut),
        cmocka_unit_test(messages_belong_to_their_thread),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
