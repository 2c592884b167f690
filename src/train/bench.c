/* bench.c - the public dcgan_bench: how fast this machine trains and generates. */
#include "base/memory.h"
#include "train/config.h"
#include "train/dataset.h"
#include "train/gan.h"
#include "train/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define WARM_UP 2 /* steps that are not counted */

typedef struct bench {
    dc_device *device;
    dc_gan *gan;           /* while training is timed */
    dc_plan *generator;    /* while generation is: as a generator that is opened for use has it */
    dc_tensor *z, *images; /* (batch, ...) */
    uint8_t *pixels;       /* (batch, height, width, channels) */
    float *latents;        /* (batch, latent) */
    double *seconds;       /* (steps) */
    int steps;
} bench;

static void train_once(bench *b, int step)
{
    int n = b->gan->options.batch;
    dc_gan_upload(b->gan, n, b->pixels, NULL);
    dc_gan_train(b->gan, n, (uint64_t)step);
}

static void generate_once(bench *b, int step)
{
    (void)step;
    int n = b->images->n;
    dc_tensor_write((dc_view){b->z, 0, n}, b->latents);
    dc_forward(b->generator, (dc_view){b->z, 0, n}, (dc_view){b->images, 0, n}, DC_MODE_EVAL, 1);
    dc_tensor_download((dc_view){b->images, 0, n}, b->pixels);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median time of what `once` does, the device's own delays included. */
static dc_status time_median(bench *b, void (*once)(bench *, int), double *ret_seconds)
{
    dc_score scores[DC_SLOT_COUNT];
    for (int i = -WARM_UP; i < b->steps; i++) {
        double begin = dc_now();
        once(b, i + WARM_UP);
        DC_TRY(dc_device_scores(b->device, scores));
        if (i >= 0)
            b->seconds[i] = dc_now() - begin;
    }
    qsort(b->seconds, (size_t)b->steps, sizeof *b->seconds, ascending);
    *ret_seconds = b->seconds[b->steps / 2];
    return DCGAN_OK;
}

static dc_status time_reading(const dc_config *config, double *ret_pictures_per_second)
{
    dc_dataset_source source = {.paths = (const char *const *)config->pictures, .path_count = config->picture_count};
    dc_pool *pool;
    dc_dataset *dataset;
    DC_TRY(dc_config_fit(config, &source.fit));
    DC_TRY(dc_pool_create((int)config->threads, &pool));
    double begin = dc_now();
    dc_status status = dc_dataset_open(&source, pool, &dataset);
    if (status == DCGAN_OK) {
        *ret_pictures_per_second = dataset->count / (dc_now() - begin);
        dc_dataset_close(dataset);
    }
    dc_pool_free(pool);
    return status;
}

static dc_status make_inputs(bench *b, const dc_gan_options *options)
{
    size_t size = (size_t)options->batch * (size_t)options->shape.height * (size_t)options->shape.width *
                  (size_t)options->shape.channels;
    DC_TRY(dc_alloc(size, 1, (void **)&b->pixels));
    DC_TRY(dc_alloc((size_t)options->batch * (size_t)options->shape.latent, sizeof(float), (void **)&b->latents));
    DC_TRY(dc_alloc((size_t)b->steps, sizeof(double), (void **)&b->seconds));
    dcgan_latent(0, 0, options->batch, options->shape.latent, b->latents);
    dc_stream noise = {.purpose = DC_PURPOSE_SAMPLE};
    for (size_t i = 0; i < size; i++)
        b->pixels[i] = (uint8_t)dc_stream_word(&noise, i);
    return DCGAN_OK;
}

static dc_status time_training(bench *b, const dc_gan_options *options, double *ret_seconds)
{
    DC_TRY(dc_gan_create(b->device, options, &b->gan));
    dc_status status = time_median(b, train_once, ret_seconds);
    dc_gan_free(b->gan);
    return status;
}

static dc_status time_generation(bench *b, const dc_gan_options *options, double *ret_seconds)
{
    const dc_net_shape *shape = &options->shape;
    dc_net net;
    dc_net_generator(shape, &net);
    dc_status status = dc_plan_create(b->device, &net, options->batch, DC_USAGE_GENERATE, &b->generator);
    if (status == DCGAN_OK)
        status = dc_plan_init(b->generator, b->device->options.seed);
    if (status == DCGAN_OK)
        status = dc_tensor_create(b->device, options->batch, 1, 1, shape->latent, &b->z);
    if (status == DCGAN_OK)
        status = dc_tensor_create(b->device, options->batch, shape->height, shape->width, shape->channels, &b->images);
    if (status == DCGAN_OK)
        status = time_median(b, generate_once, ret_seconds);
    dc_tensor_free(b->images);
    dc_tensor_free(b->z);
    dc_plan_free(b->generator);
    return status;
}

/* Fills in all but the reading of pictures. */
static dc_status measure(bench *b, const dc_gan_options *options, dcgan_bench_result *result)
{
    double generation;
    struct rusage usage;
    DC_TRY(make_inputs(b, options));
    DC_TRY(time_training(b, options, &result->step_seconds));
    DC_TRY(time_generation(b, options, &generation));
    getrusage(RUSAGE_SELF, &usage);
    snprintf(result->device, sizeof result->device, "%s", dc_device_label(b->device));
    result->images_per_second = options->batch / result->step_seconds;
    result->generated_images_per_second = options->batch / generation;
    result->peak_memory = 1024.0 * (double)usage.ru_maxrss;
    return DCGAN_OK;
}

dcgan_status dcgan_bench(const dcgan_config *config, int steps, dcgan_bench_result *ret_result)
{
    if (steps < 1)
        return dc_fail(DCGAN_E_USAGE, "At least one step must be timed, not %d.", steps);
    dc_gan_options options;
    dcgan_bench_result result = {0};
    if (config->picture_count > 0)
        DC_TRY(time_reading(config, &result.pictures_per_second));
    DC_TRY(dc_config_gan(config, (int)config->batch, 0, &options));
    dc_device_options device = {.threads = (int)config->threads, .seed = (uint64_t)config->seed};
    bench b = {.steps = steps};
    DC_TRY(dc_device_open(config->device, &device, &b.device));
    dc_status status = measure(&b, &options, &result);
    free(b.seconds);
    free(b.latents);
    free(b.pixels);
    dc_device_close(b.device);
    if (status == DCGAN_OK)
        *ret_result = result;
    return status;
}
