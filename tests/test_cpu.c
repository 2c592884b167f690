/* test_cpu.c - the fast CPU device against the reference, on random nets and batches, with every instruction
 * set this machine has. */
#include "base/philox.h"
#include "device/device.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE 1e-4 /* of the largest number in a tensor */

static const char *const instruction_sets[] = {"avx512", "avx2", "baseline"};

/* ---- Allocation counting ----------------------------------------------------------------------------- */

static long allocations;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

void *malloc(size_t size)
{
    __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
    return __libc_calloc(count, size);
}

/* ---- One net on one device --------------------------------------------------------------------------- */

typedef struct rig {
    dc_device *device;
    dc_plan *plan;
    dc_tensor *x, *y, *dy, *dx;
} rig;

static size_t tensor_count(const dc_tensor *t)
{
    return (size_t)t->n * (size_t)t->h * (size_t)t->w * (size_t)t->c;
}

static float *random_values(uint64_t seed, size_t count)
{
    float *values = malloc(count * sizeof(float));
    dc_stream stream = {.seed = seed, .purpose = DC_PURPOSE_LATENT};
    dc_stream_normal(&stream, 0, count, values);
    return values;
}

/* PyTorch's initialisation, but with wider weights, and statistics that EVAL can tell from none. */
static void put_params(rig *r)
{
    const dc_net *net = dc_plan_net(r->plan);
    for (int i = 0; i < net->param_count; i++) {
        float *values = random_values(100 + (uint64_t)i, net->params[i].count);
        for (size_t k = 0; k < net->params[i].count; k++) {
            dc_param_kind kind = net->params[i].kind;
            float spread = kind == DC_PARAM_WEIGHT ? 0.05f : 0.2f;
            values[k] = values[k] * spread + (kind == DC_PARAM_GAMMA ? 1 : 0);
            if (kind == DC_PARAM_RUNNING_VAR)
                values[k] = 0.5f + values[k] * values[k];
        }
        dc_plan_put(r->plan, DC_ROLE_VALUE, i, values);
        free(values);
    }
}

static void write_random(dc_tensor *tensor, uint64_t seed)
{
    float *values = random_values(seed, tensor_count(tensor));
    dc_tensor_write((dc_view){tensor, 0, tensor->n}, values);
    free(values);
}

static rig rig_open(const char *name, int threads, const dc_net *net, int batch)
{
    rig r = {0};
    dc_device_options options = {.threads = threads, .seed = 7};
    const dc_block *first = &net->blocks[0], *last = &net->blocks[net->block_count - 1];
    assert_int_equal(dc_device_open(name, &options, &r.device), DCGAN_OK);
    assert_int_equal(dc_plan_create(r.device, net, batch, DC_USAGE_TRAIN, &r.plan), DCGAN_OK);
    assert_int_equal(dc_tensor_create(r.device, batch, first->in_h, first->in_w, first->in_c, &r.x), DCGAN_OK);
    assert_int_equal(dc_tensor_create(r.device, batch, first->in_h, first->in_w, first->in_c, &r.dx), DCGAN_OK);
    assert_int_equal(dc_tensor_create(r.device, batch, last->out_h, last->out_w, last->out_c, &r.y), DCGAN_OK);
    assert_int_equal(dc_tensor_create(r.device, batch, last->out_h, last->out_w, last->out_c, &r.dy), DCGAN_OK);
    put_params(&r);
    write_random(r.x, 1);
    write_random(r.dy, 2);
    return r;
}

static void rig_close(rig *r)
{
    dc_tensor_free(r->x);
    dc_tensor_free(r->y);
    dc_tensor_free(r->dx);
    dc_tensor_free(r->dy);
    dc_plan_free(r->plan);
    dc_device_close(r->device);
}

static dc_view some(dc_tensor *tensor, int first, int n)
{
    return (dc_view){tensor, first, n};
}

/* ---- Comparison -------------------------------------------------------------------------------------- */

typedef void (*read_fn)(const rig *r, int index, float *ret_values);

static void read_tensor(const rig *r, int index, float *ret_values)
{
    dc_tensor *tensor = index ? r->dx : r->y;
    dc_tensor_read((dc_view){tensor, 0, tensor->n}, ret_values);
}

static void read_value(const rig *r, int index, float *ret_values)
{
    dc_plan_get(r->plan, DC_ROLE_VALUE, index, ret_values);
}

static void read_gradient(const rig *r, int index, float *ret_values)
{
    dc_plan_get(r->plan, DC_ROLE_GRADIENT, index, ret_values);
}

/* Largest difference, relative to the largest number expected. */
static double difference(const rig *actual, const rig *expected, read_fn read, int index, size_t count)
{
    float *a = malloc(count * sizeof(float)), *b = malloc(count * sizeof(float));
    double most = 0, off = 0;
    read(actual, index, a);
    read(expected, index, b);
    for (size_t i = 0; i < count; i++) {
        off = fmax(off, isnan(a[i]) ? INFINITY : fabs((double)a[i] - (double)b[i]));
        most = fmax(most, fabs((double)b[i]));
    }
    free(a);
    free(b);
    return most > 0 ? off / most : off;
}

static void expect_close(const rig *actual, const rig *expected, read_fn read, int index, size_t count,
                         const char *what)
{
    double off = difference(actual, expected, read, index, count);
    if (off > TOLERANCE)
        fail_msg("%s: %.2e off on %s", what, off, dc_device_label(actual->device));
}

static void expect_same_tensors(const rig *a, const rig *b)
{
    expect_close(a, b, read_tensor, 0, tensor_count(a->y), "output");
    expect_close(a, b, read_tensor, 1, tensor_count(a->dx), "input gradient");
}

static void expect_same_params(const rig *a, const rig *b, bool values)
{
    const dc_net *net = dc_plan_net(a->plan);
    for (int i = 0; i < net->param_count; i++) {
        if (values)
            expect_close(a, b, read_value, i, net->params[i].count, net->params[i].name);
        if (dc_param_is_trained(&net->params[i]))
            expect_close(a, b, read_gradient, i, net->params[i].count, net->params[i].name);
    }
}

/* ---- Against the reference --------------------------------------------------------------------------- */

typedef struct test_case {
    dc_net_shape shape;
    int batch, groups;
} test_case;

static const test_case cases[] = {
    {{16, 16, 3, 5, 5}, 4, 2},   {{16, 24, 1, 7, 8}, 3, 1},   {{20, 28, 4, 3, 4}, 2, 1},  {{32, 32, 3, 100, 8}, 6, 2},
    {{48, 64, 3, 9, 3}, 2, 1},   {{64, 64, 3, 10, 8}, 2, 2},  {{16, 16, 1, 1, 33}, 5, 1}, {{40, 32, 3, 16, 6}, 8, 2},
    {{64, 48, 4, 12, 16}, 4, 1}, {{128, 96, 3, 8, 2}, 2, 1},  {{28, 24, 3, 6, 12}, 1, 1}, {{16, 16, 3, 8, 40}, 18, 2},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

static dc_net net_of(const dc_net_shape *shape, bool generator)
{
    dc_net net;
    assert_int_equal(dc_net_shape_check(shape), DCGAN_OK);
    (generator ? dc_net_generator : dc_net_discriminator)(shape, &net);
    return net;
}

/* A forward and backward pass over the whole batch, a second one over a part of it that adds its gradients,
 * an update, and a pass without batch statistics. */
static void run_case(const rig *r, const test_case *c)
{
    dc_adam adam = {2e-4f, 0.5f, 0.999f, 1e-8f};
    dc_forward(r->plan, some(r->x, 0, c->batch), some(r->y, 0, c->batch), DC_MODE_TRAIN, c->groups);
    dc_backward(r->plan, some(r->dy, 0, c->batch), DC_NO_VIEW, DC_GRAD_PARAMS);
    int part = c->batch > 1 ? c->batch - 1 : 1, first = c->batch - part;
    dc_forward(r->plan, some(r->x, first, part), some(r->y, first, part), DC_MODE_TRAIN, 1);
    dc_backward(r->plan, some(r->dy, first, part), some(r->dx, first, part),
                DC_GRAD_PARAMS | DC_GRAD_ACCUMULATE | DC_GRAD_INPUT);
    (void)adam;
}

static void finish_case(const rig *r, const test_case *c)
{
    dc_adam adam = {2e-4f, 0.5f, 0.999f, 1e-8f};
    dc_update(r->plan, &adam);
    dc_forward(r->plan, some(r->x, 0, c->batch), some(r->y, 0, c->batch), DC_MODE_EVAL, 1);
    dc_backward(r->plan, some(r->dy, 0, c->batch), some(r->dx, 0, c->batch), DC_GRAD_INPUT);
}

static void compare_case(const test_case *c, bool generator)
{
    dc_net net = net_of(&c->shape, generator);
    rig expected = rig_open("ref", 1, &net, c->batch), actual = rig_open("cpu", 2, &net, c->batch);
    run_case(&expected, c);
    run_case(&actual, c);
    expect_same_tensors(&actual, &expected);
    expect_same_params(&actual, &expected, true);
    finish_case(&expected, c);
    finish_case(&actual, c);
    expect_same_tensors(&actual, &expected);
    rig_close(&expected);
    rig_close(&actual);
}

static void compare_all(const char *instructions)
{
    assert_int_equal(setenv("DCGAN_CPU", instructions, 1), 0);
    dc_device *device = NULL;
    dc_device_options options = {.threads = 1};
    if (dc_device_open("cpu", &options, &device) != DCGAN_OK) {
        print_message("skipped: %s\n", dcgan_error_message());
        skip();
    }
    dc_device_close(device);
    for (size_t i = 0; i < CASE_COUNT; i++) {
        compare_case(&cases[i], true);
        compare_case(&cases[i], false);
    }
    unsetenv("DCGAN_CPU");
}

static void test_avx512(void **state)
{
    (void)state;
    compare_all(instruction_sets[0]);
}

static void test_avx2(void **state)
{
    (void)state;
    compare_all(instruction_sets[1]);
}

static void test_baseline(void **state)
{
    (void)state;
    compare_all(instruction_sets[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_avx512),
        cmocka_unit_test(test_avx2),
        cmocka_unit_test(test_baseline),
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
