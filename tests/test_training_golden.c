/* test_training_golden.c - the trainer's step on every device against PyTorch: ten steps of each recipe from the
 * same weights, pictures and noise, as golden/make_training_golden.py recorded them.
 *
 * A tensor holds if no number is further from PyTorch's than `absolute` plus `relative` times the tensor's
 * greatest magnitude. Parameters, whose size says nothing of how far training moved them, are measured in
 * learning rates (Adam moves a number by about one a step). Each tolerance is about ten times the distance
 * that PyTorch's own float32 keeps from its float64: docs/testing.md has both. */
#include "format/safetensors.h"
#include "train/gan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct tolerance {
    double relative, absolute;
} tolerance;

static const tolerance logits_tolerance = {.relative = 1e-5};
static const tolerance picture_tolerance = {.relative = 1e-5, .absolute = 1e-7}; /* of -1..1 */
static const tolerance running_tolerance = {.relative = 1e-5};
static const tolerance score_tolerance = {.relative = 3e-6};
static const tolerance gradient_tolerance = {.relative = 4e-5}; /* and of Adam's moments */
static const double value_rates = 3e-2;                         /* of parameters, in learning rates */

#define STEPS      10
#define MOST_COUNT 100000 /* numbers in a tensor of the files */

typedef struct golden {
    const char *name;
    int pictures; /* step s trains on pictures (s * batch + i) mod this */
    dc_gan_options options;
} golden;

static const golden goldens[] = {
    {"faces",
     7,
     {.shape = {.height = 64, .width = 64, .channels = 3, .latent = 7, .features = 4},
      .batch = 3,
      .d_steps = 1,
      .adam = {2e-4, 0.5, 0.999, 1e-8}}},
    {"scenes",
     7,
     {.shape = {.height = 32, .width = 32, .channels = 3, .latent = 5, .features = 4},
      .batch = 5,
      .d_steps = 2,
      .adam = {1e-4, 0.5, 0.9, 1e-8}}},
    {"oblong",
     5,
     {.shape = {.height = 24, .width = 48, .channels = 1, .latent = 3, .features = 3},
      .batch = 3,
      .d_steps = 1,
      .adam = {2e-4, 0.5, 0.999, 1e-8}}},
};
#define GOLDEN_COUNT (sizeof goldens / sizeof goldens[0])

typedef struct replay {
    const char *device_name;
    const golden *golden;
    dc_device *device;
    dc_safetensors *file;
    dc_gan *gan;
    double worst; /* distance met so far, over its tolerance */
    char worst_name[96];
} replay;

static float got[MOST_COUNT], want[MOST_COUNT];

static void read_golden(const replay *r, const char *name, size_t count, float *ret_values)
{
    assert_true(count <= MOST_COUNT);
    if (dc_safetensors_read_f32(r->file, name, count, ret_values) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
}

/* Compares `got` with a tensor of the file. */
static void compare(replay *r, const char *name, size_t count, tolerance allowed)
{
    read_golden(r, name, count, want);
    double greatest = 0, distance = 0;
    for (size_t i = 0; i < count; i++) {
        greatest = fmax(greatest, fabs((double)want[i]));
        double d = fabs((double)got[i] - (double)want[i]);
        if (!(d <= distance)) /* NaN too */
            distance = d;
    }
    double used = distance / (allowed.absolute + allowed.relative * greatest);
    if (!(used <= 1))
        fail_msg("%s on %s, %s: off by %.2e, greatest magnitude %.2e", r->golden->name, r->device_name, name, distance,
                 greatest);
    if (used > r->worst) {
        r->worst = used;
        snprintf(r->worst_name, sizeof r->worst_name, "%s", name);
    }
}

/* "step1.netG.main.0.weight" or, with a suffix, "step1.netG.main.0.weight.exp_avg". */
static const char *name_of(const dc_plan *plan, const char *stage, int param, const char *suffix)
{
    static char name[96];
    const dc_net *net = dc_plan_net(plan);
    snprintf(name, sizeof name, "%s.%s.%s%s", stage, net->role == DC_NET_GENERATOR ? "netG" : "netD",
             net->params[param].name, suffix);
    return name;
}

static void put_initial(const replay *r, dc_plan *plan)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        read_golden(r, name_of(plan, "initial", i, ""), net->params[i].count, want);
        dc_plan_put(plan, DC_ROLE_VALUE, i, want);
    }
}

static void compare_trained(replay *r, const dc_plan *plan, const char *stage, dc_role role, const char *suffix,
                            tolerance allowed)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        if (!dc_param_is_trained(&net->params[i]))
            continue;
        dc_plan_get(plan, role, i, got);
        compare(r, name_of(plan, stage, i, suffix), net->params[i].count, allowed);
    }
}

static void compare_running(replay *r, const dc_plan *plan, const char *stage)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        if (dc_param_is_trained(&net->params[i]))
            continue;
        dc_plan_get(plan, DC_ROLE_VALUE, i, got);
        compare(r, name_of(plan, stage, i, ""), net->params[i].count, running_tolerance);
    }
}

static void compare_nets(replay *r, const char *stage)
{
    const dc_plan *const plans[] = {r->gan->generator, r->gan->discriminator};
    const tolerance value_tolerance = {.absolute = value_rates * r->golden->options.adam.lr};
    for (int i = 0; i < 2; i++) {
        compare_trained(r, plans[i], stage, DC_ROLE_VALUE, "", value_tolerance);
        compare_trained(r, plans[i], stage, DC_ROLE_MOMENT1, ".exp_avg", gradient_tolerance);
        compare_trained(r, plans[i], stage, DC_ROLE_MOMENT2, ".exp_avg_sq", gradient_tolerance);
        compare_running(r, plans[i], stage);
    }
}

static size_t picture_size(const golden *g)
{
    const dc_net_shape *shape = &g->options.shape;
    return (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
}

static void upload(replay *r, int step)
{
    static uint8_t pixels[MOST_COUNT], batch[MOST_COUNT];
    const golden *g = r->golden;
    size_t size = picture_size(g);
    size_t count = (size_t)g->pictures * size;
    read_golden(r, "pixels", count, want);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)want[i];
    for (int i = 0; i < g->options.batch; i++)
        memcpy(batch + (size_t)i * size, pixels + (size_t)((step * g->options.batch + i) % g->pictures) * size, size);
    dc_gan_upload(r->gan, g->options.batch, batch, NULL);
}

/* Both nets' outputs before any training, in train mode. Moves running statistics. */
static void compare_forward(replay *r, const float *noise)
{
    dc_gan *gan = r->gan;
    int n = r->golden->options.batch;
    dc_view z = {gan->latent, 0, n}, fake = {gan->images, n, n}, both = {gan->images, 0, 2 * n};
    dc_view logits = {gan->logits, 0, 2 * n};
    upload(r, 0);
    dc_tensor_write(z, noise);
    dc_forward(gan->generator, z, fake, DC_MODE_TRAIN, 1);
    dc_tensor_read(fake, got);
    compare(r, "forward.fake", (size_t)n * picture_size(r->golden), picture_tolerance);
    dc_forward(gan->discriminator, both, logits, DC_MODE_TRAIN, 2);
    dc_tensor_read(logits, got);
    compare(r, "forward.logits", 2 * (size_t)n, logits_tolerance);
}

static void compare_eval(replay *r, const float *noise)
{
    dc_gan *gan = r->gan;
    dc_view z = {gan->latent, 0, 1}, fake = {gan->images, 0, 1};
    dc_tensor_write(z, noise);
    dc_forward(gan->generator, z, fake, DC_MODE_EVAL, 1);
    dc_tensor_read(fake, got);
    compare(r, "eval.fake", picture_size(r->golden), picture_tolerance);
}

static void train(replay *r, const float *noise)
{
    const dc_gan_options *options = &r->golden->options;
    float scores[STEPS][DC_SLOT_COUNT][2];
    for (int step = 0; step < STEPS; step++) {
        upload(r, step);
        r->gan->given_latents = noise + (size_t)(step * options->d_steps * options->batch * options->shape.latent);
        dc_gan_train(r->gan, options->batch, (uint64_t)step);
        dc_score now[DC_SLOT_COUNT];
        assert_int_equal(dc_device_scores(r->device, now), DCGAN_OK);
        for (int slot = 0; slot < DC_SLOT_COUNT; slot++) {
            scores[step][slot][0] = now[slot].loss;
            scores[step][slot][1] = now[slot].probability;
        }
        if (step == 0) {
            compare_trained(r, r->gan->discriminator, "step1", DC_ROLE_GRADIENT, ".grad", gradient_tolerance);
            compare_trained(r, r->gan->generator, "step1", DC_ROLE_GRADIENT, ".grad", gradient_tolerance);
            compare_nets(r, "step1");
        }
    }
    compare_nets(r, "step10");
    memcpy(got, scores, sizeof scores);
    compare(r, "scores", sizeof scores / sizeof(float), score_tolerance);
}

static void test_golden(void **state)
{
    replay *r = *state;
    char path[512];
    float noise[2000];
    const dc_gan_options *options = &r->golden->options;
    size_t noise_count = (size_t)(STEPS * options->d_steps * options->batch * options->shape.latent);
    assert_true(noise_count <= sizeof noise / sizeof noise[0]);
    snprintf(path, sizeof path, TESTS_FOLDER "/golden/training/%s.safetensors", r->golden->name);
    if (dc_safetensors_open(path, &r->file) != DCGAN_OK ||
        dc_device_open(r->device_name, &(dc_device_options){0}, &r->device) != DCGAN_OK ||
        dc_gan_create(r->device, options, &r->gan) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    read_golden(r, "noise", noise_count, noise);
    put_initial(r, r->gan->generator);
    put_initial(r, r->gan->discriminator);
    compare_forward(r, noise);
    put_initial(r, r->gan->generator);
    put_initial(r, r->gan->discriminator);
    train(r, noise);
    compare_eval(r, noise);
    print_message("    at most %.0f%% of a tolerance (%s)\n", 100 * r->worst, r->worst_name);
}

static int teardown(void **state)
{
    replay *r = *state;
    dc_gan_free(r->gan);
    dc_device_close(r->device);
    dc_safetensors_close(r->file);
    return 0;
}

int main(void)
{
    static replay replays[8 * GOLDEN_COUNT];
    static char names[8 * GOLDEN_COUNT][64];
    struct CMUnitTest tests[8 * GOLDEN_COUNT];
    size_t count = 0;
    const char *device;
    for (size_t d = 0; (device = dc_device_name_at(d)) && d < 8; d++)
        for (size_t i = 0; i < GOLDEN_COUNT; i++, count++) {
            replays[count] = (replay){.device_name = device, .golden = &goldens[i]};
            snprintf(names[count], sizeof names[count], "%s on %s", goldens[i].name, device);
            tests[count] = (struct CMUnitTest){names[count], test_golden, NULL, teardown, &replays[count]};
        }
    return _cmocka_run_group_tests("training_golden", tests, count, NULL, NULL);
}
