/* test_gradients.c - device "ref" against finite differences: no other implementation is trusted here.
 *
 * The loss is that of training, through the discriminator, and for the generator through both nets. Each
 * number of each parameter and of the input is moved a little both ways. Once with tanh in all inner blocks
 * (smooth: the difference quotient is exact but for rounding), once with the nets' own ReLU and LeakyReLU,
 * where a kink between the two points spoils a quotient by the share of activations that cross it. */
#include "rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEVIATION 0.3f /* of weights: large steps of a net that is far from linear */

typedef struct bench {
    dc_device *device;
    rig g, d;
    bool smooth;
    bool through_g; /* the loss depends on z, else on the picture */
    int groups;
} bench;

static dc_net with_tanh(dc_net net)
{
    for (int i = 0; i < net.block_count - 1; i++)
        net.blocks[i].act = DC_ACT_TANH;
    return net;
}

static bench bench_open(bool smooth, bool through_g, int groups, const dc_net_shape *shape, int n)
{
    bench b = {.device = open_device("ref", 1), .smooth = smooth, .through_g = through_g, .groups = groups};
    dc_net g, d;
    dc_net_generator(shape, &g);
    dc_net_discriminator(shape, &d);
    g = smooth ? with_tanh(g) : g;
    d = smooth ? with_tanh(d) : d;
    b.g = rig_open(b.device, &g, n);
    b.d = rig_open(b.device, &d, n);
    random_parameters(b.g.plan, 1, DEVIATION);
    random_parameters(b.d.plan, 2, DEVIATION);
    random_view(b.g.x, 3, 0);
    random_view(b.d.x, 4, 0);
    return b;
}

static void bench_close(bench *b)
{
    rig_close(&b->g);
    rig_close(&b->d);
    dc_device_close(b->device);
}

static dc_view picture_of(const bench *b)
{
    return b->through_g ? b->g.y : b->d.x;
}

static dc_view half(dc_view view, int which)
{
    int n = view.n / 2;
    return (dc_view){view.tensor, view.first + which * n, n};
}

/* Forward passes up to the logits, and the gradient of the loss there. Two groups are real and fake. */
static void run_forward(bench *b)
{
    if (b->through_g)
        dc_forward(b->g.plan, b->g.x, b->g.y, DC_MODE_TRAIN, 1);
    dc_forward(b->d.plan, picture_of(b), b->d.y, DC_MODE_TRAIN, b->groups);
    if (b->groups == 2) {
        dc_loss(half(b->d.y, 0), 1, half(b->d.dy, 0), DC_SLOT_D_REAL);
        dc_loss(half(b->d.y, 1), 0, half(b->d.dy, 1), DC_SLOT_D_FAKE);
    } else {
        dc_loss(b->d.y, 1, b->d.dy, DC_SLOT_G);
    }
}

/* In double from the logits: a score is rounded to float. */
static double loss_of(bench *b)
{
    run_forward(b);
    float logits[64];
    int n = b->d.y.n;
    double sum = 0;
    int part = n / b->groups; /* pictures in a mean */
    assert_true(n <= 64);
    dc_tensor_read(b->d.y, logits);
    for (int i = 0; i < n; i++) {
        bool real = b->groups == 1 || i < n / 2;
        sum += log1p(exp(real ? -(double)logits[i] : (double)logits[i]));
    }
    return sum / part;
}

/* The numbers that are moved: a parameter, or the input where `param` is -1. */
typedef struct target {
    rig *rig;
    int param;
    size_t count;
} target;

static void target_set(const target *t, const float *values)
{
    if (t->param < 0)
        dc_tensor_write(t->rig->x, values);
    else
        dc_plan_put(t->rig->plan, DC_ROLE_VALUE, t->param, values);
}

static void target_get(const target *t, float *ret_values)
{
    if (t->param < 0)
        dc_tensor_read(t->rig->x, ret_values);
    else
        dc_plan_get(t->rig->plan, DC_ROLE_VALUE, t->param, ret_values);
}

static void target_gradient(const target *t, float *ret_values)
{
    if (t->param < 0)
        dc_tensor_read(t->rig->dx, ret_values);
    else
        dc_plan_get(t->rig->plan, DC_ROLE_GRADIENT, t->param, ret_values);
}

static void run_backward(bench *b, unsigned flags)
{
    run_forward(b);
    if (b->through_g) {
        dc_backward(b->d.plan, b->d.dy, b->g.dy, DC_GRAD_INPUT);
        dc_backward(b->g.plan, b->g.dy, b->g.dx, flags);
    } else {
        dc_backward(b->d.plan, b->d.dy, b->d.dx, flags);
    }
}

static void check_target(bench *b, const target *t, double tolerance)
{
    float *values = test_malloc(t->count * sizeof *values), *gradient = test_malloc(t->count * sizeof *gradient);
    const float step = b->smooth ? 4e-3f : 5e-4f; /* balances curvature, or kinks, and rounding */
    target_get(t, values);
    target_gradient(t, gradient);
    double largest = 0, worst = 0;
    for (size_t i = 0; i < t->count; i++) {
        float kept = values[i], above = kept + step, below = kept - step;
        values[i] = above;
        target_set(t, values);
        double loss_above = loss_of(b);
        values[i] = below;
        target_set(t, values);
        double quotient = (loss_above - loss_of(b)) / ((double)above - (double)below);
        values[i] = kept;
        largest = fmax(largest, fabs(quotient));
        worst = fmax(worst, fabs(quotient - (double)gradient[i]));
    }
    target_set(t, values);
    const dc_net *net = dc_plan_net(t->rig->plan);
    const char *name = t->param < 0 ? "input" : net->params[t->param].name;
    assert_true(largest > 0);
    if (!(worst <= tolerance * largest))
        fail_msg("%s of the %s: off by %.1e of the largest quotient %.2e", name,
                 net->role == DC_NET_GENERATOR ? "generator" : "discriminator", worst / largest, largest);
    test_free(gradient);
    test_free(values);
}

/* All trained parameters and the input of the net that the loss is to be differentiated by. */
static void check_all(bool smooth, bool through_g, int groups, const dc_net_shape *shape, int n, double tolerance)
{
    bench b = bench_open(smooth, through_g, groups, shape, n);
    rig *moved = through_g ? &b.g : &b.d;
    const dc_net *net = dc_plan_net(moved->plan);
    run_backward(&b, DC_GRAD_PARAMS | DC_GRAD_INPUT);
    for (int i = 0; i < net->param_count; i++)
        if (dc_param_is_trained(&net->params[i]))
            check_target(&b, &(target){moved, i, net->params[i].count}, tolerance);
    check_target(&b, &(target){moved, -1, view_count(moved->x)}, tolerance);
    bench_close(&b);
}

static const dc_net_shape square = {.height = 16, .width = 16, .channels = 1, .latent = 3, .features = 2};
static const dc_net_shape oblong = {.height = 16, .width = 24, .channels = 3, .latent = 2, .features = 1};

static void test_smooth_discriminator(void **state)
{
    (void)state;
    check_all(true, false, 1, &square, 3, 3e-3);
    check_all(true, false, 2, &oblong, 4, 3e-3);
}

static void test_smooth_generator(void **state)
{
    (void)state;
    check_all(true, true, 1, &square, 3, 3e-3);
    check_all(true, true, 2, &oblong, 4, 3e-3);
}

static void test_real_discriminator(void **state)
{
    (void)state;
    check_all(false, false, 1, &oblong, 3, 1e-2);
    check_all(false, false, 2, &square, 4, 1e-2);
}

static void test_real_generator(void **state)
{
    (void)state;
    check_all(false, true, 1, &square, 4, 2e-2);
}

/* Asking for less leaves the rest alone; ACCUMULATE adds. */
static void test_flags(void **state)
{
    (void)state;
    bench b = bench_open(false, false, 2, &square, 6);
    const dc_net *net = dc_plan_net(b.d.plan);
    size_t input_count = view_count(b.d.dx);
    float *input = test_malloc(input_count * sizeof *input);
    run_backward(&b, DC_GRAD_PARAMS | DC_GRAD_INPUT);
    dc_tensor_read(b.d.dx, input);
    for (int i = 0; i < net->param_count; i++) {
        if (!dc_param_is_trained(&net->params[i]))
            continue;
        size_t count = net->params[i].count;
        float *once = test_malloc(count * sizeof *once), *now = test_malloc(count * sizeof *now);
        run_backward(&b, DC_GRAD_PARAMS);
        dc_plan_get(b.d.plan, DC_ROLE_GRADIENT, i, once);
        run_backward(&b, DC_GRAD_INPUT);
        dc_plan_get(b.d.plan, DC_ROLE_GRADIENT, i, now);
        assert_memory_equal(now, once, count * sizeof *once);
        run_backward(&b, DC_GRAD_PARAMS | DC_GRAD_ACCUMULATE);
        dc_plan_get(b.d.plan, DC_ROLE_GRADIENT, i, now);
        for (size_t j = 0; j < count; j++)
            assert_true(fabsf(now[j] - 2 * once[j]) <= 1e-6f * fabsf(once[j]));
        test_free(now);
        test_free(once);
    }
    float *zeros = test_calloc(input_count, sizeof *zeros), *after = test_malloc(input_count * sizeof *after);
    dc_tensor_write(b.d.dx, zeros);
    run_backward(&b, DC_GRAD_PARAMS);
    dc_tensor_read(b.d.dx, after);
    assert_memory_equal(after, zeros, input_count * sizeof *after);
    run_backward(&b, DC_GRAD_INPUT);
    dc_tensor_read(b.d.dx, after);
    assert_memory_equal(after, input, input_count * sizeof *after);
    test_free(after);
    test_free(zeros);
    test_free(input);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smooth_discriminator),
        cmocka_unit_test(test_smooth_generator),
        cmocka_unit_test(test_real_discriminator),
        cmocka_unit_test(test_real_generator),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
