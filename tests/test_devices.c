/* test_devices.c - every device does what "ref" does, on nets of random shapes, and the same bits for any
 * number of threads; ref itself is checked by test_gradients.c and test_training_golden.c.
 *
 * A trial is a seed: shape, batch, parameters and inputs follow from it. All calls of the boundary are made
 * in one order on a device and everything that can be read is kept; the records are then compared. */
#include "rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIALS    60
#define MOST_SIDE 64
#define MOST_READ 400     /* things read in one trial */
#define MOST_WORK 2000000 /* multiply-adds of one forward pass: keeps ref's plain loops short */

/* Largest distance from ref over the tensor's greatest magnitude. */
#define TOLERANCE 1e-4

/* Of an activation's argument from zero, over the root mean square: more than any device's error. */
#define KINK_MARGIN 1e-5

enum { INPUT = 100, OUTPUT_GRADIENT, UNTOUCHED, PIXELS }; /* numbers of random streams; parameters have 0..39 */

/* ---- Trials ------------------------------------------------------------------------------------------ */

typedef struct trial {
    uint64_t seed;
    dc_net net;
    int n, groups;
    float deviation; /* of weights: small ones make the epsilon of batch normalisation felt */
    char text[160];
} trial;

static uint32_t pick(uint64_t seed, uint32_t number, uint32_t choices)
{
    dc_stream stream = {.seed = seed, .purpose = 2000, .step = 0};
    return dc_stream_word(&stream, number) % choices;
}

/* One of all possible sizes with sides up to MOST_SIDE: 3..8 times the same power of two, from 16. */
static void pick_size(uint64_t seed, dc_net_shape *shape)
{
    for (uint32_t number = 8;; number += 3) {
        int power = 1 + (int)pick(seed, number, 4);
        shape->height = (3 + (int)pick(seed, number + 1, 6)) << power;
        shape->width = (3 + (int)pick(seed, number + 2, 6)) << power;
        if (shape->height >= 16 && shape->width >= 16 && shape->height <= MOST_SIDE && shape->width <= MOST_SIDE)
            break;
    }
    assert_int_equal(dc_net_shape_check(shape), DCGAN_OK);
}

static trial make_trial(uint64_t seed)
{
    static const int channels[] = {1, 3, 4};
    dc_net_shape shape = {.channels = channels[pick(seed, 1, 3)],
                          .latent = 1 + (int)pick(seed, 2, 20),
                          .features = 1 + (int)pick(seed, 3, 9)};
    pick_size(seed, &shape);
    trial t = {.seed = seed, .groups = 1 + (int)pick(seed, 4, 2), .deviation = pick(seed, 5, 2) ? 0.2f : 0.02f};
    t.n = t.groups * (1 + (int)pick(seed, 6, t.groups == 2 ? 3 : 7));
    bool generator = pick(seed, 7, 2);
    do
        (generator ? dc_net_generator : dc_net_discriminator)(&shape, &t.net);
    while (dc_net_work(&t.net) * (uint64_t)t.n > MOST_WORK && --shape.features > 0);
    snprintf(t.text, sizeof t.text,
             "seed %llu: %s, height %d, width %d, channels %d, latent %d, features %d, n %d in %d",
             (unsigned long long)seed, generator ? "generator" : "discriminator", shape.height, shape.width,
             shape.channels, shape.latent, shape.features, t.n, t.groups);
    return t;
}

/* The gradient of a ReLU jumps where its argument is zero, so that rounding may choose the side: such trials
 * say nothing. True if ref's arguments all keep their distance, each net cut off before an activation. */
static bool keeps_off_kinks(const trial *t)
{
    dc_device *device = open_device("ref", 1);
    bool keeps_off = true;
    for (int i = 0; i < t->net.block_count && keeps_off; i++) {
        if (t->net.blocks[i].act != DC_ACT_RELU && t->net.blocks[i].act != DC_ACT_LEAKY_RELU)
            continue;
        dc_net cut = t->net;
        cut.block_count = i + 1;
        cut.blocks[i].act = DC_ACT_NONE;
        while (cut.params[cut.param_count - 1].block > i)
            cut.param_count--;
        rig on = rig_open(device, &cut, t->n);
        random_parameters(on.plan, t->seed, t->deviation);
        random_view(on.x, t->seed, INPUT);
        dc_forward(on.plan, on.x, on.y, DC_MODE_TRAIN, t->groups);
        size_t count = view_count(on.y);
        float *values = test_malloc(count * sizeof *values);
        dc_tensor_read(on.y, values);
        double squares = 0, least = INFINITY;
        for (size_t j = 0; j < count; j++) {
            squares += (double)values[j] * (double)values[j];
            least = fmin(least, fabs((double)values[j]));
        }
        keeps_off = least > KINK_MARGIN * sqrt(squares / (double)count);
        test_free(values);
        rig_close(&on);
    }
    dc_device_close(device);
    return keeps_off;
}

/* The first good trial of seeds *seed, *seed + 1, ...; moves *seed past it. */
static trial next_trial(uint64_t *seed)
{
    for (;;) {
        trial t = make_trial((*seed)++);
        if (keeps_off_kinks(&t))
            return t;
    }
}

/* ---- What was read ----------------------------------------------------------------------------------- */

typedef struct reading {
    char name[64];
    size_t count;
    float *values;
} reading;

typedef struct record {
    int count;
    reading readings[MOST_READ];
} record;

static float *add_reading(record *r, const char *stage, const char *name, size_t count)
{
    assert_true(r->count < MOST_READ);
    reading *next = &r->readings[r->count++];
    snprintf(next->name, sizeof next->name, "%s %s", stage, name);
    next->count = count;
    next->values = test_malloc(count * sizeof(float));
    return next->values;
}

static void add_view(record *r, const char *stage, const char *name, dc_view view)
{
    dc_tensor_read(view, add_reading(r, stage, name, view_count(view)));
}

/* Of parameters: the trained ones, or the running statistics. */
static void add_role(record *r, const char *stage, const dc_plan *plan, dc_role role, bool trained)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++)
        if (dc_param_is_trained(&net->params[i]) == trained)
            dc_plan_get(plan, role, i, add_reading(r, stage, net->params[i].name, net->params[i].count));
}

static void record_free(record *r)
{
    for (int i = 0; i < r->count; i++)
        test_free(r->readings[i].values);
    test_free(r);
}

static double distance_of(const reading *got, const reading *want)
{
    double distance = 0, greatest = 0;
    for (size_t i = 0; i < want->count; i++) {
        double d = fabs((double)got->values[i] - (double)want->values[i]);
        if (!(d <= distance)) /* NaN too */
            distance = d;
        greatest = fmax(greatest, fabs((double)want->values[i]));
    }
    return distance == 0 ? 0 : distance / greatest;
}

static double compare_records(const record *got, const record *want, const char *device, const trial *t)
{
    double worst = 0;
    assert_int_equal(got->count, want->count);
    for (int i = 0; i < want->count; i++) {
        double distance = distance_of(&got->readings[i], &want->readings[i]);
        if (!(distance <= TOLERANCE))
            fail_msg("%s, %s: %s is off by %.1e of its greatest magnitude", device, t->text, want->readings[i].name,
                     distance);
        worst = fmax(worst, distance);
    }
    return worst;
}

static void require_same_bits(const record *got, const record *want, const char *device, const trial *t)
{
    assert_int_equal(got->count, want->count);
    for (int i = 0; i < want->count; i++)
        if (memcmp(got->readings[i].values, want->readings[i].values, want->readings[i].count * sizeof(float)) != 0)
            fail_msg("%s, %s: %s depends on the number of threads", device, t->text, want->readings[i].name);
}

/* ---- The calls --------------------------------------------------------------------------------------- */

static void random_adam_state(dc_plan *plan, uint64_t seed)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        if (!dc_param_is_trained(&net->params[i]))
            continue;
        size_t count = net->params[i].count;
        float *values = test_malloc(count * sizeof *values);
        random_floats(seed, 200 + (uint32_t)i, 0.1f, count, values);
        dc_plan_put(plan, DC_ROLE_MOMENT1, i, values);
        for (size_t j = 0; j < count; j++)
            values[j] = 0.01f + values[j] * values[j];
        dc_plan_put(plan, DC_ROLE_MOMENT2, i, values);
        test_free(values);
    }
    dc_plan_set_updates(plan, 3);
}

static void call_backward(record *r, const rig *on, const trial *t)
{
    static const struct {
        const char *name;
        unsigned flags;
    } asked[] = {
        {"all", DC_GRAD_PARAMS | DC_GRAD_INPUT},
        {"input", DC_GRAD_INPUT},
        {"accumulated parameters", DC_GRAD_PARAMS | DC_GRAD_ACCUMULATE},
        {"accumulated all", DC_GRAD_PARAMS | DC_GRAD_INPUT | DC_GRAD_ACCUMULATE},
        {"parameters", DC_GRAD_PARAMS},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        random_view(on->dx, t->seed, UNTOUCHED); /* stays, where the input's gradient is not asked for */
        dc_forward(on->plan, on->x, on->y, DC_MODE_TRAIN, t->groups);
        add_view(r, asked[i].name, "y", on->y);
        dc_backward(on->plan, on->dy, on->dx, asked[i].flags);
        add_view(r, asked[i].name, "dx", on->dx);
        add_role(r, asked[i].name, on->plan, DC_ROLE_GRADIENT, true);
    }
    add_role(r, "running", on->plan, DC_ROLE_VALUE, false);
}

static void call_update(record *r, const rig *on, const trial *t)
{
    random_adam_state(on->plan, t->seed);
    dc_update(on->plan, &(dc_adam){.lr = 0.01, .beta1 = 0.5, .beta2 = 0.99, .epsilon = 1e-8});
    add_role(r, "updated", on->plan, DC_ROLE_VALUE, true);
    add_role(r, "updated exp_avg", on->plan, DC_ROLE_MOMENT1, true);
    add_role(r, "updated exp_avg_sq", on->plan, DC_ROLE_MOMENT2, true);
}

/* Running statistics, in the plan for training and in one for generation alone. */
static void call_eval(record *r, dc_device *device, const rig *on, const trial *t)
{
    dc_view y = on->y;
    dc_forward(on->plan, on->x, y, DC_MODE_EVAL, 1);
    add_view(r, "eval", "y", y);
    dc_plan *plan;
    assert_int_equal(dc_plan_create(device, &t->net, t->n, DC_USAGE_GENERATE, &plan), DCGAN_OK);
    random_parameters(plan, t->seed, t->deviation);
    dc_view first = {on->x.tensor, on->x.first, 1}, first_y = {y.tensor, y.first, 1};
    dc_forward(plan, first, first_y, DC_MODE_EVAL, 1);
    add_view(r, "generate one", "y", first_y);
    dc_forward(plan, on->x, y, DC_MODE_EVAL, 1);
    add_view(r, "generate all", "y", y);
    dc_plan_free(plan);
}

static void call_loss(record *r, dc_device *device, const rig *on)
{
    for (int target = 0; target < 2; target++) {
        dc_slot slot = target ? DC_SLOT_D_REAL : DC_SLOT_D_FAKE;
        dc_loss(on->y, (float)target, on->dy, slot);
        dc_score scores[DC_SLOT_COUNT];
        assert_int_equal(dc_device_scores(device, scores), DCGAN_OK);
        add_view(r, target ? "loss 1" : "loss 0", "dlogits", on->dy);
        float *values = add_reading(r, target ? "loss 1" : "loss 0", "score", 3);
        memcpy(values, (float[]){scores[slot].loss, scores[slot].probability, scores[slot].sign}, 3 * sizeof(float));
    }
}

/* Pictures in, mirrored every other one, and out again. */
static void call_pixels(record *r, dc_view view, uint64_t seed)
{
    size_t count = view_count(view);
    uint8_t *pixels = test_malloc(count), mirror[16];
    float *wide = test_malloc(count * sizeof *wide);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)pick(seed, (uint32_t)(1000 + i), 256);
    for (int i = 0; i < view.n; i++)
        mirror[i] = (uint8_t)(i % 2);
    dc_tensor_upload(view, pixels, mirror);
    add_view(r, "uploaded", "pixels", view);
    random_floats(seed, PIXELS, 1, count, wide); /* some beyond -1..1 */
    dc_tensor_write(view, wide);
    dc_tensor_download(view, pixels);
    float *levels = add_reading(r, "downloaded", "pixels", count);
    for (size_t i = 0; i < count; i++)
        levels[i] = pixels[i];
    test_free(wide);
    test_free(pixels);
}

static void draw_noise(void *context)
{
    dc_noise(*(dc_view *)context, DC_PURPOSE_LATENT + 1);
}

static void call_noise(record *r, dc_device *device, dc_view z)
{
    dc_record *step;
    assert_int_equal(dc_record_create(device, draw_noise, &z, &step), DCGAN_OK);
    for (uint64_t i = 7; i < 9; i++) {
        dc_record_replay(step, i);
        add_view(r, i == 7 ? "step 7" : "step 8", "noise", z);
    }
    dc_record_free(step);
}

static record *perform(const char *name, int threads, const trial *t)
{
    record *r = test_calloc(1, sizeof *r);
    dc_device *device = open_device(name, threads);
    rig on = rig_open(device, &t->net, t->n);
    random_parameters(on.plan, t->seed, t->deviation);
    random_view(on.x, t->seed, INPUT);
    random_view(on.dy, t->seed, OUTPUT_GRADIENT);
    call_backward(r, &on, t);
    call_update(r, &on, t);
    call_eval(r, device, &on, t);
    if (t->net.role == DC_NET_DISCRIMINATOR) {
        call_loss(r, device, &on);
        call_pixels(r, on.x, t->seed);
    } else {
        call_noise(r, device, on.x);
    }
    rig_close(&on);
    dc_device_close(device);
    return r;
}

/* ---- Tests ------------------------------------------------------------------------------------------- */

static void test_equals_ref(void **state)
{
    const char *device = *state;
    uint64_t seed = 1;
    double worst = 0;
    for (int i = 0; i < TRIALS; i++) {
        trial t = next_trial(&seed);
        record *want = perform("ref", 1, &t), *got = perform(device, 2, &t);
        worst = fmax(worst, compare_records(got, want, device, &t));
        record_free(want);
        record_free(got);
    }
    print_message("    %s: within %.1e of ref\n", device, worst);
}

static void test_threads_change_no_bit(void **state)
{
    const char *device = *state;
    for (uint64_t seed = 1000; seed < 1000 + TRIALS / 3; seed++) {
        trial t = make_trial(seed);
        record *one = perform(device, 1, &t);
        for (int threads = 2; threads <= 3; threads++) {
            record *more = perform(device, threads, &t);
            require_same_bits(more, one, device, &t);
            record_free(more);
        }
        record_free(one);
    }
}

/* Kingma & Ba (2015), algorithm 1, in double; epsilon placed as PyTorch does. */
static void test_adam(void **state)
{
    const char *name = *state;
    const dc_adam adam = {.lr = 2e-4, .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8};
    trial t = make_trial(1);
    dc_device *device = open_device(name, 1);
    dc_plan *plan;
    assert_int_equal(dc_plan_create(device, &t.net, 1, DC_USAGE_TRAIN, &plan), DCGAN_OK);
    size_t count = t.net.params[0].count;
    float *gradient = test_malloc(count * sizeof *gradient), *got = test_malloc(count * sizeof *got);
    double *value = test_calloc(count, sizeof *value), *m = test_calloc(count, sizeof *m);
    double *v = test_calloc(count, sizeof *v);
    for (int step = 1; step <= 4; step++) {
        random_floats(9, (uint32_t)step, 1, count, gradient);
        dc_plan_put(plan, DC_ROLE_GRADIENT, 0, gradient);
        dc_update(plan, &adam);
        for (size_t i = 0; i < count; i++) {
            double g = (double)gradient[i];
            m[i] = adam.beta1 * m[i] + (1 - adam.beta1) * g;
            v[i] = adam.beta2 * v[i] + (1 - adam.beta2) * g * g;
            value[i] -= adam.lr * m[i] / (1 - pow(adam.beta1, step)) /
                        (sqrt(v[i] / (1 - pow(adam.beta2, step))) + adam.epsilon);
        }
    }
    const double *const wanted[] = {[DC_ROLE_VALUE] = value, [DC_ROLE_MOMENT1] = m, [DC_ROLE_MOMENT2] = v};
    const double unit[] = {[DC_ROLE_VALUE] = adam.lr, [DC_ROLE_MOMENT1] = 1, [DC_ROLE_MOMENT2] = 1e-3};
    for (int role = DC_ROLE_VALUE; role <= DC_ROLE_MOMENT2; role++) {
        if (role == DC_ROLE_GRADIENT)
            continue;
        dc_plan_get(plan, (dc_role)role, 0, got);
        for (size_t i = 0; i < count; i++)
            if (!(fabs((double)got[i] - wanted[role][i]) <= 2e-6 * (unit[role] + fabs(wanted[role][i]))))
                fail_msg("%s: role %d, number %zu: %.9g, not %.9g", name, role, i, (double)got[i], wanted[role][i]);
    }
    test_free(v);
    test_free(m);
    test_free(value);
    test_free(got);
    test_free(gradient);
    dc_plan_free(plan);
    dc_device_close(device);
}

int main(void)
{
    static char names[8][64];
    struct CMUnitTest tests[3 * 8];
    size_t count = 0;
    const char *device;
    for (size_t i = 0; i < 8 && (device = dc_device_name_at(i)); i++) {
        tests[count++] = (struct CMUnitTest){"test_adam", test_adam, NULL, NULL, (void *)device};
        if (strcmp(device, "ref") == 0)
            continue;
        snprintf(names[i], sizeof names[i], "test_equals_ref: %s", device);
        tests[count++] = (struct CMUnitTest){names[i], test_equals_ref, NULL, NULL, (void *)device};
        tests[count++] =
            (struct CMUnitTest){"test_threads_change_no_bit", test_threads_change_no_bit, NULL, NULL, (void *)device};
    }
    return _cmocka_run_group_tests("devices", tests, count, NULL, NULL);
}
