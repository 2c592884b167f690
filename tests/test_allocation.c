/* test_allocation.c - a training step allocates nothing, on every device.
 *
 * Linked with --wrap: every call of an allocator from the library or from here comes by the counters below, and
 * goes on to the real one, or to a sanitizer's. */
#include "training_rig.h"

#include "dataset_rig.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Counting ---------------------------------------------------------------------------------------- */

static long allocations;

static void count_one(void)
{
    __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
}

#define WRAP(type, name, parameters, arguments)                                                                        \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        count_one();                                                                                                   \
        return __real_##name arguments;                                                                                \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *memory, size_t size), (memory, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(int, posix_memalign, (void **ret_memory, size_t alignment, size_t size), (ret_memory, alignment, size))

/* ---- Steps ------------------------------------------------------------------------------------------- */

static void train_a_step(dcgan_training *training, uint64_t step)
{
    dc_score scores[DC_SLOT_COUNT];
    dc_batch batch = dc_loader_get(training->loader, step);
    dc_gan_upload(training->gan, batch.n, batch.pixels, batch.mirror);
    dc_gan_train(training->gan, batch.n, step);
    assert_int_equal(dc_device_scores(training->device, scores), DCGAN_OK);
}

static void assert_steps_allocate_nothing(const char *preset, const char *device, const char *threads)
{
    dc_config *config = tiny_config(preset, "ten");
    dcgan_training *training;
    char name[64];
    snprintf(name, sizeof name, "%s-%s-%s", preset, device, threads);
    set(config, "device", device);
    set(config, "threads", threads);
    set(config, "out", scratch_path(name));
    long before = allocations;
    if (dcgan_training_create(config, NULL, NULL, &training) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    assert_true(allocations > before + 20); /* the counter counts */
    before = allocations;
    for (uint64_t step = 0; step < 7; step++) /* two epochs with their small last batches, and into the third */
        train_a_step(training, step);
    assert_int_equal(allocations, before);
    dcgan_training_close(training);
    dcgan_config_free(config);
}

static void steps_on_ref_allocate_nothing(void **state)
{
    (void)state;
    assert_steps_allocate_nothing("faces", "ref", "1");
    assert_steps_allocate_nothing("scenes", "ref", "1");
}

static void steps_on_cpu_allocate_nothing(void **state)
{
    (void)state;
    require_device("cpu");
    assert_steps_allocate_nothing("faces", "cpu", "1");
    assert_steps_allocate_nothing("scenes", "cpu", "3");
}

static int create(void **state)
{
    if (dataset_rig_create(state) != 0)
        return -1;
    make_random_pictures("ten", 10);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_on_ref_allocate_nothing),
        cmocka_unit_test(steps_on_cpu_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, create, scratch_remove);
}
