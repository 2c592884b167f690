/* test_net.c - the tables of nets: names and shapes as PyTorch has them, sizes, work, initial values: src/net. */
#include "net/net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEAST 16
#define MOST  256

static const dc_net_shape faces = {.height = 64, .width = 64, .channels = 3, .latent = 100, .features = 64};
static const dc_net_shape scenes = {.height = 32, .width = 32, .channels = 3, .latent = 100, .features = 64};

/* ---- The recipes ------------------------------------------------------------------------------------- */

typedef struct entry {
    const char *name;
    int shape[4]; /* zeros beyond the rank */
} entry;

#define NORM(module, channels)                                                                                         \
    {"main." module ".weight", {channels}}, {"main." module ".bias", {channels}},                                      \
        {"main." module ".running_mean", {channels}},                                                                  \
    {                                                                                                                  \
        "main." module ".running_var",                                                                                 \
        {                                                                                                              \
            channels                                                                                                   \
        }                                                                                                              \
    }

static void assert_table(const dc_net *net, const entry *entries, size_t count)
{
    assert_int_equal(net->param_count, count);
    for (size_t i = 0; i < count; i++) {
        const dc_param *param = &net->params[i];
        size_t product = 1;
        assert_string_equal(param->name, entries[i].name);
        for (int k = 0; k < param->rank; k++) {
            assert_int_equal(param->shape[k], entries[i].shape[k]);
            product *= (size_t)param->shape[k];
        }
        assert_true(param->rank == 4 || entries[i].shape[param->rank] == 0);
        assert_int_equal(param->count, product);
    }
}
#define ASSERT_TABLE(net, entries) assert_table(net, entries, sizeof(entries) / sizeof *(entries))

static void faces_generator_is_the_tutorials(void **state)
{
    (void)state;
    static const entry entries[] = {
        {"main.0.weight", {100, 512, 4, 4}}, NORM("1", 512), {"main.3.weight", {512, 256, 4, 4}}, NORM("4", 256),
        {"main.6.weight", {256, 128, 4, 4}}, NORM("7", 128), {"main.9.weight", {128, 64, 4, 4}},  NORM("10", 64),
        {"main.12.weight", {64, 3, 4, 4}},
    };
    dc_net net;
    dc_net_generator(&faces, &net);
    ASSERT_TABLE(&net, entries);
    assert_int_equal(dc_net_weights(&net), 3576704);
}

static void faces_discriminator_is_the_tutorials(void **state)
{
    (void)state;
    static const entry entries[] = {
        {"main.0.weight", {64, 3, 4, 4}},
        {"main.2.weight", {128, 64, 4, 4}},
        NORM("3", 128),
        {"main.5.weight", {256, 128, 4, 4}},
        NORM("6", 256),
        {"main.8.weight", {512, 256, 4, 4}},
        NORM("9", 512),
        {"main.11.weight", {1, 512, 4, 4}},
    };
    dc_net net;
    dc_net_discriminator(&faces, &net);
    ASSERT_TABLE(&net, entries);
    assert_int_equal(dc_net_weights(&net), 2765568);
}

static void scenes_generator_has_four_layers(void **state)
{
    (void)state;
    static const entry entries[] = {
        {"main.0.weight", {100, 256, 4, 4}}, NORM("1", 256), {"main.3.weight", {256, 128, 4, 4}}, NORM("4", 128),
        {"main.6.weight", {128, 64, 4, 4}},  NORM("7", 64),  {"main.9.weight", {64, 3, 4, 4}},
    };
    dc_net net;
    dc_net_generator(&scenes, &net);
    ASSERT_TABLE(&net, entries);
    assert_int_equal(dc_net_weights(&net), 1068928);
}

static void scenes_discriminator_has_four_layers(void **state)
{
    (void)state;
    static const entry entries[] = {
        {"main.0.weight", {64, 3, 4, 4}},
        {"main.2.weight", {128, 64, 4, 4}},
        NORM("3", 128),
        {"main.5.weight", {256, 128, 4, 4}},
        NORM("6", 256),
        {"main.8.weight", {1, 256, 4, 4}},
    };
    dc_net net;
    dc_net_discriminator(&scenes, &net);
    ASSERT_TABLE(&net, entries);
    assert_int_equal(dc_net_weights(&net), 663296);
}

static void activations_are_those_of_the_paper(void **state)
{
    (void)state;
    dc_net net;
    dc_net_generator(&faces, &net);
    for (int i = 0; i < net.block_count; i++) {
        bool last = i == net.block_count - 1;
        assert_int_equal(net.blocks[i].act, last ? DC_ACT_TANH : DC_ACT_RELU);
        assert_int_equal(net.blocks[i].batch_norm, !last);
    }
    dc_net_discriminator(&faces, &net);
    for (int i = 0; i < net.block_count; i++) {
        bool first = i == 0, last = i == net.block_count - 1;
        assert_int_equal(net.blocks[i].act, last ? DC_ACT_NONE : DC_ACT_LEAKY_RELU);
        assert_float_equal(net.blocks[i].slope, last ? 0 : 0.2f, 0);
        assert_int_equal(net.blocks[i].batch_norm, !first && !last);
    }
}

/* ---- Work -------------------------------------------------------------------------------------------- */

/* Multiply-adds counted the long way: each output number of a convolution meets a kernel's worth of input. */
static uint64_t count_work(const dc_net *net)
{
    uint64_t work = 0;
    for (int i = 0; i < net->block_count; i++) {
        const dc_block *b = &net->blocks[i];
        bool narrow_output = b->conv == DC_CONV_DOWN || b->conv == DC_CONV_REDUCE;
        int h = narrow_output ? b->out_h : b->in_h, w = narrow_output ? b->out_w : b->in_w;
        const dc_param *weight = &net->params[dc_net_find(net, i, DC_PARAM_WEIGHT)];
        work += (uint64_t)h * (uint64_t)w * (uint64_t)b->in_c * (uint64_t)b->out_c *
                (uint64_t)(weight->shape[2] * weight->shape[3]);
    }
    return work;
}

static void a_step_of_faces_takes_2_2746_gflop_a_picture(void **state)
{
    (void)state;
    dc_net g, d;
    dc_net_generator(&faces, &g);
    dc_net_discriminator(&faces, &d);
    assert_int_equal(dc_net_work(&g), 104628224);
    assert_int_equal(dc_net_work(&d), 103817216);
    assert_int_equal(dc_net_work(&g), count_work(&g));
    assert_int_equal(dc_net_work(&d), count_work(&d));
    char *text;
    dcgan_config *config;
    assert_int_equal(dcgan_config_create("faces", &config), DCGAN_OK);
    assert_int_equal(dcgan_config_set(config, "device", "ref"), DCGAN_OK);
    assert_int_equal(dcgan_describe_config(config, &text), DCGAN_OK);
    if (!strstr(text, "291.2 GFLOP per step (2.275 per picture)"))
        fail_msg("the work is not in:\n%s", text);
    dcgan_free(text);
    dcgan_config_free(config);
}

/* ---- Sizes ------------------------------------------------------------------------------------------- */

/* Both sides are 3..8 times the same power of two. */
static bool is_possible(int height, int width)
{
    for (int power = 2; power <= MOST / 3; power *= 2)
        if (height % power == 0 && width % power == 0 && height / power >= 3 && height / power <= 8 &&
            width / power >= 3 && width / power <= 8)
            return height >= LEAST && width >= LEAST && height <= MOST && width <= MOST;
    return false;
}

static void assert_chain(const dc_net *net, int first_h, int first_w, int first_c, int last_h, int last_w, int last_c)
{
    assert_in_range(net->block_count, 2, DC_MAX_BLOCKS);
    int h = first_h, w = first_w, c = first_c;
    for (int i = 0; i < net->block_count; i++) {
        const dc_block *b = &net->blocks[i];
        assert_true(b->in_h == h && b->in_w == w && b->in_c == c);
        if (b->conv == DC_CONV_UP)
            assert_true(b->out_h == 2 * h && b->out_w == 2 * w);
        if (b->conv == DC_CONV_DOWN)
            assert_true(2 * b->out_h == h && 2 * b->out_w == w);
        h = b->out_h, w = b->out_w, c = b->out_c;
    }
    assert_true(h == last_h && w == last_w && c == last_c);
}

static void assert_builds(const dc_net_shape *shape)
{
    dc_net g, d;
    if (dc_net_shape_check(shape) != DCGAN_OK)
        fail_msg("%dx%d: %s", shape->width, shape->height, dcgan_error_message());
    dc_net_generator(shape, &g);
    dc_net_discriminator(shape, &d);
    assert_chain(&g, 1, 1, shape->latent, shape->height, shape->width, shape->channels);
    assert_chain(&d, shape->height, shape->width, shape->channels, 1, 1, 1);
    assert_int_equal(g.block_count, d.block_count);
    assert_in_range(g.blocks[0].out_h, 3, 8);
    assert_in_range(g.blocks[0].out_w, 3, 8);
    assert_int_equal(dc_net_work(&g), count_work(&g));
    assert_int_equal(dc_net_work(&d), count_work(&d));
}

static void every_possible_size_builds_and_others_are_refused(void **state)
{
    (void)state;
    int possible = 0;
    for (int height = LEAST - 2; height <= MOST + 2; height++) {
        for (int width = LEAST - 2; width <= MOST + 2; width++) {
            dc_net_shape shape = {.height = height, .width = width, .channels = 4, .latent = 5, .features = 2};
            if (is_possible(height, width)) {
                assert_builds(&shape);
                possible++;
            } else if ((31 * height + width) % 41 == 0) { /* not all: to find the nearest takes a millisecond */
                assert_int_equal(dc_net_shape_check(&shape), DCGAN_E_USAGE);
            }
        }
    }
    assert_in_range(possible, 100, 200);
}

static void the_narrow_end_is_4x4_where_that_can_be(void **state)
{
    (void)state;
    static const int sizes[][4] = {/* height, width, narrow end */
                                   {16, 16, 4, 4}, {32, 32, 4, 4},  {64, 64, 4, 4},   {128, 128, 4, 4},
                                   {48, 48, 6, 6}, {96, 96, 6, 6},  {256, 256, 4, 4}, {128, 64, 8, 4},
                                   {64, 48, 8, 6}, {80, 112, 5, 7}, {192, 256, 6, 8}, {24, 24, 6, 6},
                                   {24, 64, 3, 8}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        dc_net net;
        dc_net_generator(&(dc_net_shape){sizes[i][0], sizes[i][1], 3, 10, 8}, &net);
        assert_int_equal(net.blocks[0].out_h, sizes[i][2]);
        assert_int_equal(net.blocks[0].out_w, sizes[i][3]);
    }
}

/* The sizes that the message names as the nearest possible ones. */
static int nearest_in_message(int ret_sizes[2][2])
{
    const char *list = strstr(dcgan_error_message(), "nearest possible: ");
    assert_non_null(list);
    int numbers = sscanf(list, "nearest possible: %dx%d and %dx%d", &ret_sizes[0][0], &ret_sizes[0][1],
                         &ret_sizes[1][0], &ret_sizes[1][1]);
    assert_true(numbers == 2 || numbers == 4);
    for (int i = 0; i < numbers / 2; i++)
        assert_true(is_possible(ret_sizes[i][1], ret_sizes[i][0]));
    return numbers / 2;
}

static void an_impossible_square_names_its_neighbours(void **state)
{
    (void)state;
    for (int side = 1; side <= MOST + 50; side++) {
        int below = side, above = side, named[2][2];
        if (dc_net_shape_check(&(dc_net_shape){side, side, 3, 1, 1}) == DCGAN_OK)
            continue;
        while (below > 0 && !is_possible(below, below))
            below--;
        while (above <= MOST && !is_possible(above, above))
            above++;
        int count = nearest_in_message(named), index = 0;
        assert_int_equal(count, (below > 0) + (above <= MOST));
        if (below > 0)
            assert_true(named[index][0] == below && named[index][1] == below && ++index);
        if (above <= MOST)
            assert_true(named[index][0] == above && named[index][1] == above);
    }
}

static void an_impossible_oblong_names_its_neighbours(void **state)
{
    (void)state;
    static const int sizes[][2] = {{64, 200}, {60, 64}, {17, 31}, {5, 100}, {400, 300}, {1, 65536}, {250, 249}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int named[2][2], nearest = 1 << 30;
        int height = sizes[i][0], width = sizes[i][1];
        assert_int_equal(dc_net_shape_check(&(dc_net_shape){height, width, 3, 1, 1}), DCGAN_E_USAGE);
        int count = nearest_in_message(named), best = 1 << 30;
        for (int h = LEAST; h <= MOST; h++)
            for (int w = LEAST; w <= MOST; w++)
                if (h != w && is_possible(h, w) && abs(h - height) + abs(w - width) < nearest)
                    nearest = abs(h - height) + abs(w - width);
        for (int k = 0; k < count; k++) {
            int distance = abs(named[k][1] - height) + abs(named[k][0] - width);
            best = distance < best ? distance : best;
        }
        assert_int_equal(best, nearest);
    }
}

static void channels_and_widths_are_checked(void **state)
{
    (void)state;
    static const int refused[][3] = {/* channels, latent, features */
                                     {0, 1, 1}, {2, 1, 1}, {5, 1, 1}, {-3, 1, 1}, {3, 0, 1}, {3, 1, 0}, {3, -1, 4}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(dc_net_shape_check(&(dc_net_shape){64, 64, refused[i][0], refused[i][1], refused[i][2]}),
                         DCGAN_E_USAGE);
    for (int channels = 1; channels <= 4; channels++)
        if (channels != 2)
            assert_builds(&(dc_net_shape){64, 128, channels, 1, 1});
}

/* ---- Initial values ---------------------------------------------------------------------------------- */

typedef struct moments {
    double mean, deviation;
} moments;

static moments moments_of(const dc_net *net, int param, uint64_t seed)
{
    size_t count = net->params[param].count;
    float *values = test_malloc(count * sizeof *values);
    dc_net_init(net, param, seed, values);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    test_free(values);
    double mean = sum / (double)count;
    return (moments){mean, sqrt(fmax(0, squares / (double)count - mean * mean))};
}

static void initial_values_have_the_papers_moments(void **state)
{
    (void)state;
    static const moments want[] = {[DC_PARAM_WEIGHT] = {0, 0.02},
                                   [DC_PARAM_GAMMA] = {1, 0.02},
                                   [DC_PARAM_BETA] = {0, 0},
                                   [DC_PARAM_RUNNING_MEAN] = {0, 0},
                                   [DC_PARAM_RUNNING_VAR] = {1, 0}};
    dc_net nets[2];
    dc_net_generator(&faces, &nets[0]);
    dc_net_discriminator(&faces, &nets[1]);
    for (int n = 0; n < 2; n++) {
        for (int i = 0; i < nets[n].param_count; i++) {
            const dc_param *param = &nets[n].params[i];
            moments got = moments_of(&nets[n], i, 3);
            double error = 5 / sqrt((double)param->count); /* standard errors */
            assert_true(fabs(got.mean - want[param->kind].mean) <= error * want[param->kind].deviation);
            assert_true(fabs(got.deviation - want[param->kind].deviation) <= error * want[param->kind].deviation);
        }
    }
}

static void initial_values_follow_the_seed(void **state)
{
    (void)state;
    dc_net g, d;
    dc_net_generator(&faces, &g);
    dc_net_discriminator(&faces, &d);
    int weight = dc_net_find(&g, 4, DC_PARAM_WEIGHT); /* (64, 3, 4, 4), as is the discriminator's first */
    float values[4][64 * 3 * 16];
    assert_int_equal(g.params[weight].count, sizeof values[0] / sizeof values[0][0]);
    dc_net_init(&g, weight, 3, values[0]);
    dc_net_init(&g, weight, 3, values[1]);
    dc_net_init(&g, weight, 4, values[2]);
    dc_net_init(&d, 0, 3, values[3]);
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    assert_memory_not_equal(values[0], values[2], sizeof values[0]);
    assert_memory_not_equal(values[0], values[3], sizeof values[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faces_generator_is_the_tutorials),
        cmocka_unit_test(faces_discriminator_is_the_tutorials),
        cmocka_unit_test(scenes_generator_has_four_layers),
        cmocka_unit_test(scenes_discriminator_has_four_layers),
        cmocka_unit_test(activations_are_those_of_the_paper),
        cmocka_unit_test(a_step_of_faces_takes_2_2746_gflop_a_picture),
        cmocka_unit_test(every_possible_size_builds_and_others_are_refused),
        cmocka_unit_test(the_narrow_end_is_4x4_where_that_can_be),
        cmocka_unit_test(an_impossible_square_names_its_neighbours),
        cmocka_unit_test(an_impossible_oblong_names_its_neighbours),
        cmocka_unit_test(channels_and_widths_are_checked),
        cmocka_unit_test(initial_values_have_the_papers_moments),
        cmocka_unit_test(initial_values_follow_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
