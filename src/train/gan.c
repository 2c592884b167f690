/* gan.c - see gan.h. The step is `train_step`; read that first. */
#include "train/gan.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

static dc_view real_of(dc_tensor *tensor, int n)
{
    return (dc_view){tensor, 0, n};
}

static dc_view fake_of(dc_tensor *tensor, int n)
{
    return (dc_view){tensor, n, n};
}

static dc_view both_of(dc_tensor *tensor, int n)
{
    return (dc_view){tensor, 0, 2 * n};
}

static void draw_latents(dc_gan *gan, dc_view z, int k)
{
    if (gan->given_latents)
        dc_tensor_write(z, gan->given_latents + (size_t)k * (size_t)z.n * (size_t)gan->options.shape.latent);
    else
        dc_noise(z, DC_PURPOSE_LATENT + (uint32_t)k);
}

/* Ascends the discriminator's gradient: real pictures and fakes are one batch of two groups, each normalised
 * with its own statistics, which is the mathematics of two passes. */
static void train_discriminator(dc_gan *gan, int n)
{
    dc_plan *d = gan->discriminator;
    dc_forward(d, both_of(gan->images, n), both_of(gan->logits, n), DC_MODE_TRAIN, 2);
    dc_loss(real_of(gan->logits, n), 1, real_of(gan->logit_gradients, n), DC_SLOT_D_REAL);
    dc_loss(fake_of(gan->logits, n), 0, fake_of(gan->logit_gradients, n), DC_SLOT_D_FAKE);
    dc_backward(d, both_of(gan->logit_gradients, n), DC_NO_VIEW, DC_GRAD_PARAMS);
    dc_update(d, &gan->options.adam);
}

/* The generator learns from the fakes at hand what the discriminator would call more real. */
static void train_generator(dc_gan *gan, int n)
{
    dc_plan *g = gan->generator, *d = gan->discriminator;
    dc_view image_gradients = {gan->image_gradients, 0, n};
    dc_forward(d, fake_of(gan->images, n), fake_of(gan->logits, n), DC_MODE_TRAIN, 1);
    dc_loss(fake_of(gan->logits, n), 1, fake_of(gan->logit_gradients, n), DC_SLOT_G);
    dc_backward(d, fake_of(gan->logit_gradients, n), image_gradients, DC_GRAD_INPUT);
    dc_backward(g, image_gradients, DC_NO_VIEW, DC_GRAD_PARAMS);
    dc_update(g, &gan->options.adam);
}

static void train_step(void *context)
{
    const dc_gan_step *step = context;
    dc_gan *gan = step->gan;
    dc_view z = {gan->latent, 0, step->n};
    for (int k = 0; k < gan->options.d_steps; k++) {
        draw_latents(gan, z, k);
        dc_forward(gan->generator, z, fake_of(gan->images, step->n), DC_MODE_TRAIN, 1);
        train_discriminator(gan, step->n);
    }
    train_generator(gan, step->n);
}

/* ---- Build ------------------------------------------------------------------------------------------- */

static dc_status create_step(dc_gan *gan, int n, dc_gan_step *step)
{
    *step = (dc_gan_step){.gan = gan, .n = n};
    return n > 0 ? dc_record_create(gan->device, train_step, step, &step->record) : DCGAN_OK;
}

dc_status dc_plan_init(dc_plan *plan, uint64_t seed)
{
    const dc_net *net = dc_plan_net(plan);
    for (int i = 0; i < net->param_count; i++) {
        float *values;
        DC_TRY(dc_alloc(net->params[i].count, sizeof *values, (void **)&values));
        dc_net_init(net, i, seed, values);
        dc_plan_put(plan, DC_ROLE_VALUE, i, values);
        free(values);
    }
    return DCGAN_OK;
}

static dc_status build(dc_gan *gan)
{
    const dc_net_shape *shape = &gan->options.shape;
    int n = gan->options.batch, h = shape->height, w = shape->width, c = shape->channels;
    dc_net generator, discriminator;
    dc_net_generator(shape, &generator);
    dc_net_discriminator(shape, &discriminator);
    DC_TRY(dc_plan_create(gan->device, &generator, n, DC_USAGE_TRAIN, &gan->generator));
    DC_TRY(dc_plan_create(gan->device, &discriminator, 2 * n, DC_USAGE_TRAIN, &gan->discriminator));
    DC_TRY(dc_tensor_create(gan->device, n, 1, 1, shape->latent, &gan->latent));
    DC_TRY(dc_tensor_create(gan->device, 2 * n, h, w, c, &gan->images));
    DC_TRY(dc_tensor_create(gan->device, n, h, w, c, &gan->image_gradients));
    DC_TRY(dc_tensor_create(gan->device, 2 * n, 1, 1, 1, &gan->logits));
    DC_TRY(dc_tensor_create(gan->device, 2 * n, 1, 1, 1, &gan->logit_gradients));
    DC_TRY(dc_plan_init(gan->generator, gan->device->options.seed));
    DC_TRY(dc_plan_init(gan->discriminator, gan->device->options.seed));
    DC_TRY(create_step(gan, n, &gan->full));
    return create_step(gan, gan->options.tail, &gan->tail);
}

dc_status dc_config_gan(const dc_config *config, int batch, int tail, dc_gan_options *ret_options)
{
    dc_gan_options options = {
        .batch = batch,
        .tail = tail,
        .d_steps = (int)config->d_steps,
        .adam = {(float)config->lr, (float)config->beta1, (float)config->beta2, 1e-8f},
    };
    DC_TRY(dc_config_shape(config, &options.shape));
    *ret_options = options;
    return DCGAN_OK;
}

dc_status dc_gan_create(dc_device *device, const dc_gan_options *options, dc_gan **ret_gan)
{
    dc_gan *gan;
    DC_TRY(dc_alloc(1, sizeof *gan, (void **)&gan));
    gan->device = device;
    gan->options = *options;
    dc_status status = build(gan);
    if (status != DCGAN_OK) {
        dc_gan_free(gan);
        return status;
    }
    *ret_gan = gan;
    return DCGAN_OK;
}

void dc_gan_free(dc_gan *gan)
{
    if (!gan)
        return;
    dc_record_free(gan->tail.record);
    dc_record_free(gan->full.record);
    dc_tensor_free(gan->logit_gradients);
    dc_tensor_free(gan->logits);
    dc_tensor_free(gan->image_gradients);
    dc_tensor_free(gan->images);
    dc_tensor_free(gan->latent);
    dc_plan_free(gan->discriminator);
    dc_plan_free(gan->generator);
    free(gan);
}

/* ---- Use --------------------------------------------------------------------------------------------- */

void dc_gan_upload(dc_gan *gan, int n, const uint8_t *pixels, const uint8_t *mirror)
{
    dc_tensor_upload(real_of(gan->images, n), pixels, mirror);
}

void dc_gan_train(dc_gan *gan, int n, uint64_t step)
{
    assert(n == gan->full.n || n == gan->tail.n);
    dc_record_replay(n == gan->full.n ? gan->full.record : gan->tail.record, step);
}

void dc_gan_generate(dc_gan *gan, const float *z, int n, uint8_t *ret_pixels)
{
    const dc_net_shape *shape = &gan->options.shape;
    size_t picture = (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
    for (int first = 0; first < n; first += gan->options.batch) {
        int count = n - first < gan->options.batch ? n - first : gan->options.batch;
        dc_view latents = {gan->latent, 0, count}, pictures = {gan->images, 0, count};
        dc_tensor_write(latents, z + (size_t)first * (size_t)shape->latent);
        dc_forward(gan->generator, latents, pictures, DC_MODE_EVAL, 1);
        dc_tensor_download(pictures, ret_pixels + (size_t)first * picture);
    }
}
