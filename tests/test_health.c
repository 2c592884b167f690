/* test_health.c - what dc_health says of made-up trainings, and dc_diversity of made-up pictures. */
#include "base/philox.h"
#include "train/diversity.h"
#include "train/health.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PURPOSE 1002 /* of the noise; no stream of the product has it */

/* A training that is made up step by step, and what was said of it. */
typedef struct story {
    dc_health health;
    uint64_t step, batches;
    char said[256]; /* the causes in turn, each with a space behind it */
} story;

static story begin(uint32_t pictures, uint64_t batches)
{
    story s = {.batches = batches};
    dc_health_start(&s.health, pictures);
    return s;
}

static void hear(story *s, const dc_warning *warning)
{
    if (!warning)
        return;
    assert_true(strlen(warning->text) > 80);
    strncat(s->said, warning->cause, sizeof s->said - strlen(s->said) - 2);
    strcat(s->said, " ");
}

/* -1..1 */
static double noise(uint64_t step, uint32_t index)
{
    dc_stream stream = {.seed = 1, .step = step, .purpose = PURPOSE};
    return (double)dc_stream_word(&stream, index) / 2147483648.0 - 1;
}

typedef struct scores {
    double loss_d, loss_g, d_real, d_fake, sign_real;
} scores;

static const scores healthy = {0.3, 5, 0.9, 0.1, 0.9};
static const scores winning = {0.01, 9, 0.995, 0.005, 1};

/* Steps around the given scores, each a tenth off. */
static void go_on(story *s, uint64_t steps, scores around)
{
    for (uint64_t i = 0; i < steps; i++) {
        uint64_t step = ++s->step;
        dc_metrics metrics = {.step = step,
                              .epoch = (step - 1) / s->batches + 1,
                              .batch = (step - 1) % s->batches + 1,
                              .loss_d = around.loss_d * (1 + 0.1 * noise(step, 0)),
                              .loss_g = around.loss_g * (1 + 0.1 * noise(step, 1)),
                              .d_real = around.d_real * (1 - 0.05 * fabs(noise(step, 2))),
                              .d_fake = around.d_fake * (1 + 0.1 * noise(step, 3)),
                              .sign_real = around.sign_real};
        hear(s, dc_health_step(&s->health, &metrics));
    }
}

static void sample(story *s, double diversity)
{
    hear(s, dc_health_samples(&s->health, s->step, diversity));
}

/* `epochs` epochs with samples after each. */
static void go_on_with_samples(story *s, int epochs, double diversity)
{
    for (int i = 0; i < epochs; i++) {
        go_on(s, s->batches, healthy);
        sample(s, diversity);
    }
}

/* ---- Nothing to warn of ------------------------------------------------------------------------------ */

static void test_healthy(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    go_on_with_samples(&s, 60, 0.5);
    assert_string_equal(s.said, "");
}

/* What real trainings go through and come out of: seen in those of the demo. */
static void test_passing_spikes(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    go_on(&s, 300, (scores){2.5, 15, 0.5, 0.5, 0.2});
    for (int i = 0; i < 10; i++) {
        go_on(&s, 1500, winning);
        go_on(&s, 1, (scores){1e6, 1e6, 0.1, 0.9, -1});
        go_on(&s, 500, healthy);
        go_on(&s, 60, (scores){9, 100, 0.2, 0.8, -0.5});
        go_on(&s, 1000, healthy);
    }
    assert_string_equal(s.said, "");
}

static void test_passing_collapse(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    go_on_with_samples(&s, 10, 0.02); /* before it has learnt anything */
    go_on_with_samples(&s, 10, 0.6);
    go_on_with_samples(&s, 6, 0.03);
    go_on_with_samples(&s, 10, 0.8);
    assert_string_equal(s.said, "");
}

/* A DCGAN's D may be right about every picture from the first epochs on and still be far from sure. */
static void test_plain_discriminator_on_few_pictures(void **state)
{
    (void)state;
    story s = begin(300, 5);
    go_on(&s, 20000, (scores){0.87, 0.7, 0.85, 0.5, 1});
    assert_string_equal(s.said, "");
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    for (int i = 0; i < 3000; i++) {
        dc_metrics metrics = {.step = ++s.step, .epoch = 1, .loss_d = NAN, .loss_g = INFINITY};
        hear(&s, dc_health_step(&s.health, &metrics));
        sample(&s, NAN);
    }
    go_on(&s, 3000, healthy);
    assert_string_equal(s.said, "");
}

/* ---- Each illness, and nothing else ------------------------------------------------------------------ */

static void test_overpowering(void **state)
{
    (void)state;
    story s = begin(50000, 390);
    go_on(&s, 1000, healthy);
    go_on(&s, 2000, winning);
    assert_string_equal(s.said, ""); /* not at once */
    go_on(&s, 5000, winning);
    assert_string_equal(s.said, "overpowering ");
    go_on(&s, 20, (scores){0.2, 6, 0.9, 0.1, 0.9}); /* no recovery yet */
    go_on(&s, 5000, winning);
    assert_string_equal(s.said, "overpowering ");
    go_on(&s, 1000, healthy);
    go_on(&s, 5000, winning);
    assert_string_equal(s.said, "overpowering overpowering ");
}

static void test_learning_rate_too_high(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    for (int i = 0; i < 500; i++) { /* swings between one wrong answer and the other */
        go_on(&s, 3, (scores){0.001, 20, 1, 0, 1});
        go_on(&s, 2, (scores){12, 0.1, 0.3, 0.9, -0.4});
    }
    assert_string_equal(s.said, "learning-rate ");
    s = begin(2048, 128);
    go_on(&s, 1, (scores){1e9, 1e9, 0, 1, -1});
    go_on(&s, 10000, (scores){0, 8e7, 1, 0, 1}); /* wins, with absurd numbers */
    assert_string_equal(s.said, "learning-rate ");
}

static void learn_by_heart(story *s)
{
    for (int i = 0; i <= 100; i++) {
        double share = i / 100.0;
        go_on(s, 20 * s->batches,
              (scores){0.8 - 0.65 * share, 2 + 4 * share, 0.7 + 0.28 * share, 0.3 - 0.25 * share, 0.7 + 0.3 * share});
    }
}

static void test_overfitting(void **state)
{
    (void)state;
    story s = begin(400, 6);
    learn_by_heart(&s);
    assert_string_equal(s.said, "overfitting ");
    s = begin(20000, 156);
    learn_by_heart(&s);
    assert_string_equal(s.said, ""); /* too many pictures to know them by heart */
}

static void test_collapse(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    go_on_with_samples(&s, 20, 0.7);
    go_on_with_samples(&s, 8, 0.1);
    assert_string_equal(s.said, ""); /* healthy trainings do that, too */
    go_on_with_samples(&s, 20, 0.1);
    assert_string_equal(s.said, "collapse ");
    go_on_with_samples(&s, 10, 0.7);
    go_on_with_samples(&s, 10, 0.1);
    assert_string_equal(s.said, "collapse collapse ");
}

static void test_collapse_from_the_start(void **state)
{
    (void)state;
    story s = begin(2048, 128);
    go_on_with_samples(&s, 40, 0.01);
    assert_string_equal(s.said, "collapse ");
}

/* Samples that are made again after a resume are no new evidence. */
static void test_samples_of_one_step_count_once(void **state)
{
    (void)state;
    story s = begin(2048, 3000);
    go_on_with_samples(&s, 1, 0.7);
    go_on_with_samples(&s, 2, 0.1);
    sample(&s, 0.1);
    sample(&s, 0.1);
    assert_string_equal(s.said, "");
    go_on_with_samples(&s, 1, 0.1);
    assert_string_equal(s.said, "collapse ");
}

static void test_few_pictures(void **state)
{
    (void)state;
    assert_non_null(dc_health_note(1));
    assert_non_null(dc_health_note(99));
    assert_null(dc_health_note(100));
}

/* ---- Diversity --------------------------------------------------------------------------------------- */

enum { SIDE = 32, CHANNELS = 3, COUNT = 8, PICTURE = SIDE * SIDE * CHANNELS };

static double diversity_of(const uint8_t *pixels, int count)
{
    return dc_diversity(&(dc_pictures){
        .pixels = pixels, .stride = PICTURE, .count = count, .height = SIDE, .width = SIDE, .channels = CHANNELS});
}

static void test_diversity_is_the_distance_of_pairs(void **state)
{
    (void)state;
    static uint8_t pixels[3 * PICTURE];
    memset(pixels + 1 * PICTURE, 10, PICTURE);
    memset(pixels + 2 * PICTURE, 30, PICTURE);
    double one = diversity_of(pixels, 2) / 10;                        /* of a level of difference */
    double all = one * sqrt((10.0 * 10 + 20.0 * 20 + 30.0 * 30) / 3); /* root mean square of the three pairs */
    assert_true(one > 0);
    assert_true(fabs(diversity_of(pixels, 3) - all) < 1e-6 * all);
    assert_true(diversity_of(pixels, 1) == 0);
    assert_true(diversity_of(pixels + PICTURE, 2) == 20 * one);
}

static void test_noise_is_no_diversity(void **state)
{
    (void)state;
    static uint8_t noisy[COUNT * PICTURE], different[COUNT * PICTURE];
    for (int i = 0; i < COUNT * PICTURE; i++) {
        noisy[i] = (uint8_t)(128 + 40 * noise((uint64_t)i, 0));
        different[i] = (uint8_t)(128 + 40 * noise((uint64_t)i / 192, 1)); /* patches of two rows */
    }
    assert_true(diversity_of(noisy, COUNT) < 0.6 * diversity_of(different, COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_healthy),
        cmocka_unit_test(test_passing_spikes),
        cmocka_unit_test(test_passing_collapse),
        cmocka_unit_test(test_plain_discriminator_on_few_pictures),
        cmocka_unit_test(test_numbers_that_are_not_finite),
        cmocka_unit_test(test_overpowering),
        cmocka_unit_test(test_learning_rate_too_high),
        cmocka_unit_test(test_overfitting),
        cmocka_unit_test(test_collapse),
        cmocka_unit_test(test_collapse_from_the_start),
        cmocka_unit_test(test_samples_of_one_step_count_once),
        cmocka_unit_test(test_few_pictures),
        cmocka_unit_test(test_diversity_is_the_distance_of_pairs),
        cmocka_unit_test(test_noise_is_no_diversity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
