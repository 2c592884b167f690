/* test_loader.c - which pictures a step gets, and which of them mirrored: src/train/loader.c. */
#include "train/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT  103
#define BATCH  8
#define HEIGHT 2
#define WIDTH  3
#define SIZE   (HEIGHT * WIDTH)

static uint8_t pixels[COUNT * SIZE];
static dc_dataset dataset = {.count = COUNT, .height = HEIGHT, .width = WIDTH, .channels = 1, .pixels = pixels};

/* Every byte of picture i is i. */
static int fill(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT * SIZE; i++)
        pixels[i] = (uint8_t)(i / SIZE);
    return 0;
}

static dc_loader *create(int batch, bool flip, uint64_t seed)
{
    dc_loader *loader;
    assert_int_equal(dc_loader_create(&dataset, batch, flip, seed, &loader), DCGAN_OK);
    return loader;
}

/* Number of the batch's picture i, which must be whole. */
static int picture(const dc_batch *batch, int i)
{
    const uint8_t *p = batch->pixels + i * SIZE;
    for (int k = 1; k < SIZE; k++)
        assert_int_equal(p[k], p[0]);
    return p[0];
}

static void an_epoch_uses_each_picture_once(void **state)
{
    (void)state;
    static const int batches[] = {1, 7, BATCH, 51, 52, COUNT - 1, COUNT};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        dc_loader *loader = create(batches[b], false, 1);
        uint64_t steps = dc_loader_batches(loader);
        for (uint64_t epoch = 0; epoch < 3; epoch++) {
            int uses[COUNT] = {0}, total = 0;
            for (uint64_t step = epoch * steps; step < (epoch + 1) * steps; step++) {
                dc_batch batch = dc_loader_get(loader, step);
                bool last = step + 1 == (epoch + 1) * steps;
                assert_true(last ? batch.n >= 1 && batch.n <= batches[b] : batch.n == batches[b]);
                assert_null(batch.mirror);
                for (int i = 0; i < batch.n; i++)
                    uses[picture(&batch, i)]++;
                total += batch.n;
            }
            assert_int_equal(total, COUNT);
            for (int i = 0; i < COUNT; i++)
                assert_int_equal(uses[i], 1);
        }
        dc_loader_free(loader);
    }
}

/* The first batch of an epoch, and its mirrors. */
static void first_batch(uint64_t seed, uint64_t epoch, int ret_pictures[BATCH], uint8_t ret_mirror[BATCH])
{
    dc_loader *loader = create(BATCH, true, seed);
    dc_batch batch = dc_loader_get(loader, epoch * dc_loader_batches(loader));
    for (int i = 0; i < BATCH; i++)
        ret_pictures[i] = picture(&batch, i);
    memcpy(ret_mirror, batch.mirror, BATCH);
    dc_loader_free(loader);
}

static void epochs_and_seeds_differ_in_order(void **state)
{
    (void)state;
    static const uint64_t places[][2] = {{1, 0}, {1, 1}, {1, 2}, {2, 0}, {3, 0}, {UINT64_MAX, 0}}; /* seed, epoch */
    enum { PLACES = sizeof places / sizeof *places };
    int pictures[PLACES][BATCH];
    uint8_t mirror[BATCH];
    for (int i = 0; i < PLACES; i++) {
        first_batch(places[i][0], places[i][1], pictures[i], mirror);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(pictures[i], pictures[k], sizeof pictures[i]);
    }
}

/* Whatever was asked for before: a resumed run sees what an uninterrupted one sees. */
static void a_batch_follows_from_seed_and_step(void **state)
{
    (void)state;
    static const uint64_t steps[] = {40, 0, 12, 13, 1, 25, 26, 999999999999, 12, 3};
    dc_loader *jumping = create(BATCH, true, 7);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        dc_loader *fresh = create(BATCH, true, 7);
        dc_batch a = dc_loader_get(jumping, steps[i]), b = dc_loader_get(fresh, steps[i]);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.pixels, b.pixels, (size_t)a.n * SIZE);
        assert_memory_equal(a.mirror, b.mirror, (size_t)a.n);
        dc_loader_free(fresh);
    }
    dc_loader_free(jumping);
}

static void half_the_pictures_are_mirrored(void **state)
{
    (void)state;
    dc_loader *loader = create(BATCH, true, 1);
    int mirrored = 0, seen = 0, per_picture[COUNT] = {0};
    const uint64_t epochs = 200;
    for (uint64_t step = 0; step < epochs * dc_loader_batches(loader); step++) {
        dc_batch batch = dc_loader_get(loader, step);
        for (int i = 0; i < batch.n; i++) {
            assert_in_range(batch.mirror[i], 0, 1);
            mirrored += batch.mirror[i];
            per_picture[picture(&batch, i)] += batch.mirror[i];
        }
        seen += batch.n;
    }
    assert_in_range(mirrored, seen * 48 / 100, seen * 52 / 100);
    for (int i = 0; i < COUNT; i++) /* 100 expected; the deviation is 7 */
        assert_in_range(per_picture[i], 60, 140);
    dc_loader_free(loader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_uses_each_picture_once),
        cmocka_unit_test(epochs_and_seeds_differ_in_order),
        cmocka_unit_test(a_batch_follows_from_seed_and_step),
        cmocka_unit_test(half_the_pictures_are_mirrored),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
