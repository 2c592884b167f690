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
    dc_gan *gan;
    uint8_t *pixels; /* (batch, height, width, channels) */
    float *latents;  /* (batch, latent) */
    double *seconds; /* (steps) */
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
    dc_gan_generate(b->gan, b->latents, b->gan->options.batch, b->pixels);
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
        DC_TRY(dc_device_scores(b->gan->device, scores));
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

/* Fills in all but the reading of pictures. */
static dc_status measure(bench *b, dcgan_bench_result *result)
{
    const dc_gan_options *options = &b->gan->options;
    size_t size = (size_t)options->batch * (size_t)options->shape.height * (size_t)options->shape.width *
                  (size_t)options->shape.channels;
    DC_TRY(dc_alloc(size, 1, (void **)&b->pixels));
    DC_TRY(dc_alloc((size_t)options->batch * (size_t)options->shape.latent, sizeof(float), (void **)&b->latents));
    DC_TRY(dc_alloc((size_t)b->steps, sizeof(double), (void **)&b->seconds));
    dcgan_latent(0, 0, options->batch, options->shape.latent, b->latents);
    dc_stream noise = {.purpose = DC_PURPOSE_SAMPLE};
    for (size_t i = 0; i < size; i++)
        b->pixels[i] = (uint8_t)dc_stream_word(&noise, i);

    double generation;
    DC_TRY(time_median(b, train_once, &result->step_seconds));
    DC_TRY(time_median(b, generate_once, &generation));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    snprintf(result->device, sizeof result->device, "%s", dc_device_label(b->gan->device));
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
    dc_device_options device_options = {.threads = (int)config->threads, .seed = (uint64_t)config->seed};
    dc_device *device;
    DC_TRY(dc_device_open(config->device, &device_options, &device));
    bench b = {.steps = steps};
    dc_status status = dc_gan_create(device, &options, &b.gan);
    if (status == DCGAN_OK)
        status = measure(&b, &result);
    free(b.seconds);
    free(b.latents);
    free(b.pixels);
    dc_gan_free(b.gan);
    dc_device_close(device);
    if (status == DCGAN_OK)
        *ret_result = result;
    return status;
}
