/* test_cpu.c - what test_devices.c does not ask of the CPU device: every instruction set this machine has
 * equals ref; wide nets, which take other kernels than narrow ones, do too; a step allocates nothing. */
#include "rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE 1e-4 /* of the greatest magnitude in a tensor */
#define SEED      3

static const dc_adam adam = {2e-4, 0.5, 0.999, 1e-8};

/* ---- Counting allocations: the linker sends the library's calls here ---------------------------------- */

static atomic_long allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void **ret_memory, size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
int __wrap_posix_memalign(void **ret_memory, size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_aligned_alloc(alignment, size);
}

int __wrap_posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_posix_memalign(ret_memory, alignment, size);
}

/* ---- Trials ------------------------------------------------------------------------------------------ */

typedef struct trial {
    dc_net_shape shape;
    int n, groups;
    bool smooth; /* without (Leaky)ReLUs: among so many activations some lie so near zero that rounding
                  * chooses the side */
} trial;

static const trial trials[] = {
    {{16, 16, 3, 5, 5}, 4, 2, false},   {{16, 24, 1, 7, 8}, 3, 1, false},   {{20, 28, 4, 3, 4}, 2, 1, false},
    {{32, 32, 3, 30, 8}, 6, 2, false},  {{48, 64, 3, 9, 3}, 2, 1, false},   {{28, 24, 3, 6, 12}, 1, 1, false},
    {{16, 16, 1, 1, 33}, 5, 1, true},   {{40, 32, 3, 16, 32}, 4, 2, true},  {{128, 96, 3, 8, 2}, 2, 1, true},
    {{32, 32, 3, 100, 64}, 6, 2, true}, {{16, 20, 4, 12, 64}, 17, 1, true}, {{24, 48, 1, 8, 40}, 3, 1, true},
    {{16, 16, 3, 8, 8}, 70, 2, true},   {{16, 32, 3, 8, 8}, 45, 1, true},
};
#define TRIAL_COUNT (sizeof trials / sizeof trials[0])

static dc_net make_net(const trial *t, bool generator)
{
    dc_net net;
    assert_int_equal(dc_net_shape_check(&t->shape), DCGAN_OK);
    (generator ? dc_net_generator : dc_net_discriminator)(&t->shape, &net);
    for (int i = 0; t->smooth && i < net.block_count - 1; i++)
        net.blocks[i].act = DC_ACT_NONE;
    return net;
}

static void train(const rig *r, int groups)
{
    dc_forward(r->plan, r->x, r->y, DC_MODE_TRAIN, groups);
    dc_backward(r->plan, r->dy, r->dx, DC_GRAD_PARAMS | DC_GRAD_INPUT);
}

/* Everything that training leaves behind, one number after the other; to be freed with test_free. */
static float *collect(const rig *r, size_t *ret_count)
{
    const dc_net *net = dc_plan_net(r->plan);
    size_t count = view_count(r->y) + view_count(r->dx), at = count;
    for (int i = 0; i < net->param_count; i++)
        count += net->params[i].count;
    float *values = test_malloc(count * sizeof *values);
    dc_tensor_read(r->y, values);
    dc_tensor_read(r->dx, values + view_count(r->y));
    for (int i = 0; i < net->param_count; at += net->params[i++].count)
        dc_plan_get(r->plan, dc_param_is_trained(&net->params[i]) ? DC_ROLE_GRADIENT : DC_ROLE_VALUE, i, values + at);
    *ret_count = count;
    return values;
}

static float *train_on(const char *name, int threads, const trial *t, bool generator, size_t *ret_count)
{
    dc_net net = make_net(t, generator);
    dc_device *device = open_device(name, threads);
    rig r = rig_open(device, &net, t->n);
    random_parameters(r.plan, SEED, 0.05f);
    random_view(r.x, SEED, 100);
    random_view(r.dy, SEED, 101);
    train(&r, t->groups);
    float *values = collect(&r, ret_count);
    rig_close(&r);
    dc_device_close(device);
    return values;
}

/* `more` numbers before the first also say what is great. */
static double compare(const float *got, const float *want, size_t count, size_t more, const trial *t, const char *what)
{
    double distance = 0;
    float greatest = 0; /* not double: gcc 12 for Arm crashes over fmax of widened floats */
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)got[i] - (double)want[i]);
        if (!(d <= distance)) /* NaN too */
            distance = d;
    }
    for (const float *w = want - more; w < want + count; w++)
        greatest = fmaxf(greatest, fabsf(*w));
    if (!(distance <= TOLERANCE * greatest))
        fail_msg("%dx%d, %d features, %d items: %s is off by %.1e of %.1e", t->shape.width, t->shape.height,
                 t->shape.features, t->n, what, distance, greatest);
    return greatest > 0 ? distance / greatest : 0;
}

static double compare_with_ref(const trial *t, bool generator)
{
    dc_net net = make_net(t, generator);
    const dc_block *first = &net.blocks[0];
    size_t in = (size_t)t->n * (size_t)first->in_h * (size_t)first->in_w * (size_t)first->in_c, at = in, count;
    float *want = train_on("ref", 1, t, generator, &count), *got = train_on("cpu", 2, t, generator, &count);
    for (int i = 0; i < net.param_count; i++)
        at += net.params[i].count;
    size_t out = count - at;
    double worst = compare(got, want, out, 0, t, "output");
    worst = fmax(worst, compare(got + out, want + out, in, 0, t, "input gradient"));
    at = out + in;
    for (int i = 0; i < net.param_count; at += net.params[i++].count) {
        /* Shifting what is normalised next changes next to nothing: the gradient of beta is little more than
         * rounding, and measured by that of gamma, which comes before it. */
        size_t more = net.params[i].kind == DC_PARAM_BETA ? net.params[i].count : 0;
        worst = fmax(worst, compare(got + at, want + at, net.params[i].count, more, t, net.params[i].name));
    }
    test_free(want);
    test_free(got);
    return worst;
}

/* What a plan that only generates makes of `n` latents; to be freed with test_free. */
static float *generate_on(const char *name, const trial *t, int n, size_t *ret_count)
{
    dc_net net = make_net(t, true);
    dc_device *device = open_device(name, 2);
    rig r = rig_open(device, &net, n);
    dc_plan *plan;
    assert_int_equal(dc_plan_create(device, &net, n, DC_USAGE_GENERATE, &plan), DCGAN_OK);
    random_parameters(plan, SEED, 0.05f);
    random_view(r.x, SEED, 100);
    dc_forward(plan, r.x, r.y, DC_MODE_EVAL, 1);
    *ret_count = view_count(r.y);
    float *values = test_malloc(*ret_count * sizeof *values);
    dc_tensor_read(r.y, values);
    dc_plan_free(plan);
    rig_close(&r);
    dc_device_close(device);
    return values;
}

/* ---- Tests ------------------------------------------------------------------------------------------- */

static bool is_here(const char *instructions)
{
    dc_device *device = NULL;
    assert_int_equal(setenv("DCGAN_CPU", instructions, 1), 0);
    if (dc_device_open("cpu", &(dc_device_options){.threads = 1}, &device) != DCGAN_OK) {
        print_message("    %s\n", dcgan_error_message());
        return false;
    }
    dc_device_close(device);
    return true;
}

static void test_equals_ref(void **state)
{
    const char *instructions = *state;
    if (!is_here(instructions))
        skip();
    double worst = 0;
    for (size_t i = 0; i < TRIAL_COUNT; i++)
        for (int generator = 0; generator < 2; generator++)
            worst = fmax(worst, compare_with_ref(&trials[i], generator));
    print_message("    %s: within %.1e of ref\n", instructions, worst);
    unsetenv("DCGAN_CPU");
}

/* Few items and many take different ways through a layer. */
static void test_generation_equals_ref(void **state)
{
    const char *instructions = *state;
    static const trial nets[] = {{{64, 64, 3, 100, 16}, 0, 1, true}, {{40, 32, 3, 16, 48}, 0, 1, true}};
    static const int items[] = {1, 2, 5, 40};
    if (!is_here(instructions))
        skip();
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < sizeof items / sizeof items[0]; k++) {
            trial t = nets[i];
            size_t count;
            t.n = items[k];
            float *want = generate_on("ref", &t, t.n, &count), *got = generate_on("cpu", &t, t.n, &count);
            compare(got, want, count, 0, &t, "generated pictures");
            test_free(want);
            test_free(got);
        }
    unsetenv("DCGAN_CPU");
}

static void test_threads_change_no_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < TRIAL_COUNT; i++)
        for (int generator = 0; generator < 2; generator++) {
            size_t count;
            float *one = train_on("cpu", 1, &trials[i], generator, &count);
            for (int threads = 2; threads <= 3; threads++) {
                float *more = train_on("cpu", threads, &trials[i], generator, &count);
                assert_memory_equal(more, one, count * sizeof *one);
                test_free(more);
            }
            test_free(one);
        }
}

static void test_unknown_instructions(void **state)
{
    (void)state;
    dc_device *device = NULL;
    setenv("DCGAN_CPU", "mmx", 1);
    assert_int_equal(dc_device_open("cpu", &(dc_device_options){.threads = 1}, &device), DCGAN_E_USAGE);
    assert_non_null(strstr(dcgan_error_message(), "DCGAN_CPU=mmx"));
    unsetenv("DCGAN_CPU");
}

static void whole_step(void *context)
{
    const rig *r = context;
    dc_noise(r->x, DC_PURPOSE_LATENT);
    train(r, 1);
    dc_update(r->plan, &adam);
    dc_forward(r->plan, r->x, r->y, DC_MODE_EVAL, 1);
}

static void test_step_allocates_nothing(void **state)
{
    (void)state;
    const trial t = {{32, 32, 3, 10, 32}, 4, 1, false};
    dc_net net = make_net(&t, true);
    dc_device *device = open_device("cpu", 2);
    rig r = rig_open(device, &net, t.n);
    random_parameters(r.plan, SEED, 0.05f);
    random_view(r.dy, SEED, 101);
    dc_record *step;
    long before = atomic_load(&allocations);
    assert_int_equal(dc_record_create(device, whole_step, &r, &step), DCGAN_OK);
    assert_true(atomic_load(&allocations) > before); /* they are counted */
    before = atomic_load(&allocations);
    for (uint64_t i = 1; i <= 3; i++)
        dc_record_replay(step, i);
    assert_int_equal(atomic_load(&allocations), before);
    dc_record_free(step);
    rig_close(&r);
    dc_device_close(device);
}

static void test_generation_needs_less(void **state)
{
    (void)state;
    dc_net net = make_net(&trials[3], true);
    dc_device *device = open_device("cpu", 1);
    dc_memory training = dc_plan_measure(device, &net, 64, DC_USAGE_TRAIN);
    dc_memory generation = dc_plan_measure(device, &net, 64, DC_USAGE_GENERATE);
    assert_true(generation.parameters * 3 < training.parameters);
    assert_true(generation.activations * 10 < training.activations);
    assert_true(generation.workspace <= training.workspace);
    dc_device_close(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"test_equals_ref: avx512", test_equals_ref, NULL, NULL, (void *)"avx512"},
        {"test_equals_ref: avx2", test_equals_ref, NULL, NULL, (void *)"avx2"},
        {"test_equals_ref: baseline", test_equals_ref, NULL, NULL, (void *)"baseline"},
        {"test_generation_equals_ref: avx512", test_generation_equals_ref, NULL, NULL, (void *)"avx512"},
        {"test_generation_equals_ref: avx2", test_generation_equals_ref, NULL, NULL, (void *)"avx2"},
        {"test_generation_equals_ref: baseline", test_generation_equals_ref, NULL, NULL, (void *)"baseline"},
        cmocka_unit_test(test_threads_change_no_bit),
        cmocka_unit_test(test_unknown_instructions),
        cmocka_unit_test(test_step_allocates_nothing),
        cmocka_unit_test(test_generation_needs_less),
    };
    return _cmocka_run_group_tests("cpu", tests, sizeof tests / sizeof tests[0], NULL, NULL);
}
