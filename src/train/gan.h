/* gan.h - the two nets of a GAN on a device, and one training step of Goodfellow et al. (2014), algorithm 1,
 * with the non-saturating generator loss. */
#ifndef DC_TRAIN_GAN_H
#define DC_TRAIN_GAN_H

#include "device/device.h"
#include "train/config.h"

typedef struct dc_gan_options {
    dc_net_shape shape;
    int batch;    /* real pictures of a full step */
    int tail;     /* of an epoch's last, smaller step; 0 if there is none */
    int d_steps;  /* discriminator updates per generator update, each with noise of its own */
    dc_adam adam; /* of both nets */
} dc_gan_options;

typedef struct dc_gan dc_gan;

/* A step of n real pictures, kept for replay. */
typedef struct dc_gan_step {
    dc_gan *gan;
    int n;
    dc_record *record;
} dc_gan_step;

struct dc_gan {
    dc_device *device; /* not owned */
    dc_gan_options options;
    dc_plan *generator, *discriminator;
    dc_tensor *latent;                   /* (batch, 1, 1, latent) */
    dc_tensor *images;                   /* (2 batch, height, width, channels): n real ones, then n fakes */
    dc_tensor *image_gradients;          /* (batch, height, width, channels): of the fakes */
    dc_tensor *logits, *logit_gradients; /* (2 batch, 1, 1, 1) */
    dc_gan_step full, tail;
    /* NULL: noise is drawn on the device. Else (d_steps, n, latent) numbers to use in its place: how tests
     * compare a step with PyTorch's. */
    const float *given_latents;
};

/* What a configuration says, for batches of `batch` pictures and a last one of `tail`. */
dc_status dc_config_gan(const dc_config *config, int batch, int tail, dc_gan_options *ret_options);

/* Gives a plan its initial weights (net/init.c). */
dc_status dc_plan_init(dc_plan *plan, uint64_t seed);

/* Both nets with initial weights that follow from the device's seed. */
dc_status dc_gan_create(dc_device *device, const dc_gan_options *options, dc_gan **ret_gan);
void dc_gan_free(dc_gan *gan);

/* Hands over the n real pictures (n, height, width, channels) of the next step: `batch` of them or `tail`. */
void dc_gan_upload(dc_gan *gan, int n, const uint8_t *pixels, const uint8_t *mirror);

/* d_steps updates of the discriminator and one of the generator, as step number `step` (from 0). */
void dc_gan_train(dc_gan *gan, int n, uint64_t step);

/* z (n, latent) -> ret_pixels (n, height, width, channels), with running statistics. Between steps only. */
void dc_gan_generate(dc_gan *gan, const float *z, int n, uint8_t *ret_pixels);

#endif
