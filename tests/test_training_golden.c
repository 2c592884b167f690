/* test_training_golden.c - the trainer's step on every device against PyTorch: ten steps of each recipe from the
 * same weights, pictures and noise, as golden/make_training_golden.py recorded them.
 *
 * A tensor holds if no number is further from PyTorch's than `tolerance` times the tensor's greatest
 * magnitude; parameters, whose size says nothing of how far training moved them, are measured in learning
 * rates instead (Adam moves a number by about one a step). Each tolerance is about ten times the distance
 * that PyTorch's own float32 keeps from its float64: docs/testing.md has both. */
#include "format/safetensors.h"
#include "train/gan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FORWARD_TOLERANCE  1e-5 /* also of running statistics */
#define SCORE_TOLERANCE    3e-6
#define GRADIENT_TOLERANCE 2e-5 /* also of Adam's exp_avg */
#define SQUARE_TOLERANCE   5e-5 /* of Adam's exp_avg_sq */
#define VALUE_TOLERANCE    2e-2 /* learning rates */

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
      .batch = 6,
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

/* Compares `got` with a tensor of the file. `unit` 0: the tensor's greatest magnitude. */
static void compare(replay *r, const char *name, size_t count, double unit, double tolerance)
{
    read_golden(r, name, count, want);
    double greatest = 0, distance = 0;
    for (size_t i = 0; i < count; i++) {
        greatest = fmax(greatest, fabs((double)want[i]));
        double d = fabs((double)got[i] - (double)want[i]);
        if (!(d <= distance)) /* NaN too */
            distance = d;
    }
    double used = distance / (unit > 0 ? unit : greatest) / tolerance;
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

static void compare_role(replay *r, const dc_plan *plan, const char *stage, dc_role role, const char *suffix,
                         double tolerance)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        bool trained = dc_param_is_trained(&net->params[i]);
        if (role != DC_ROLE_VALUE && !trained)
            continue;
        dc_plan_get(plan, role, i, got);
        bool moved = role == DC_ROLE_VALUE && trained;
        compare(r, name_of(plan, stage, i, suffix), net->params[i].count,
                moved ? (double)r->golden->options.adam.lr : 0, moved ? VALUE_TOLERANCE : tolerance);
    }
}

static void compare_nets(replay *r, const char *stage)
{
    const dc_plan *const plans[] = {r->gan->generator, r->gan->discriminator};
    for (int i = 0; i < 2; i++) {
        compare_role(r, plans[i], stage, DC_ROLE_VALUE, "", FORWARD_TOLERANCE);
        compare_role(r, plans[i], stage, DC_ROLE_MOMENT1, ".exp_avg", GRADIENT_TOLERANCE);
        compare_role(r, plans[i], stage, DC_ROLE_MOMENT2, ".exp_avg_sq", SQUARE_TOLERANCE);
    }
}

static void upload(replay *r, int step)
{
    static uint8_t pixels[MOST_COUNT], batch[MOST_COUNT];
    const golden *g = r->golden;
    size_t size = (size_t)(g->options.shape.height * g->options.shape.width * g->options.shape.channels);
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
    const dc_net_shape *shape = &r->golden->options.shape;
    dc_view z = {gan->latent, 0, n}, fake = {gan->images, n, n}, both = {gan->images, 0, 2 * n};
    dc_view logits = {gan->logits, 0, 2 * n};
    upload(r, 0);
    dc_tensor_write(z, noise);
    dc_forward(gan->generator, z, fake, DC_MODE_TRAIN, 1);
    dc_tensor_read(fake, got);
    compare(r, "forward.fake", (size_t)(n * shape->channels * shape->height * shape->width), 0, FORWARD_TOLERANCE);
    dc_forward(gan->discriminator, both, logits, DC_MODE_TRAIN, 2);
    dc_tensor_read(logits, got);
    compare(r, "forward.logits", 2 * (size_t)n, 0, FORWARD_TOLERANCE);
}

static void compare_eval(replay *r, const float *noise)
{
    dc_gan *gan = r->gan;
    const dc_net_shape *shape = &r->golden->options.shape;
    dc_view z = {gan->latent, 0, 1}, fake = {gan->images, 0, 1};
    dc_tensor_write(z, noise);
    dc_forward(gan->generator, z, fake, DC_MODE_EVAL, 1);
    dc_tensor_read(fake, got);
    compare(r, "eval.fake", (size_t)(shape->channels * shape->height * shape->width), 0, FORWARD_TOLERANCE);
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
            compare_role(r, r->gan->discriminator, "step1", DC_ROLE_GRADIENT, ".grad", GRADIENT_TOLERANCE);
            compare_role(r, r->gan->generator, "step1", DC_ROLE_GRADIENT, ".grad", GRADIENT_TOLERANCE);
            compare_nets(r, "step1");
        }
    }
    compare_nets(r, "step10");
    memcpy(got, scores, sizeof scores);
    compare(r, "scores", sizeof scores / sizeof(float), 0, SCORE_TOLERANCE);
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
