/* samples.c - see samples.h. */
#include "train/samples.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/diversity.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define FEWEST 8 /* pictures whose differences say something */

struct dc_samples {
    dc_net_shape shape;
    int count;
    float *latents;  /* (count, latent) */
    uint8_t *pixels; /* (count, height, width, channels) */
    double real_diversity;
};

static size_t picture_size(const dc_net_shape *shape)
{
    return (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
}

static double diversity(const dc_net_shape *shape, const uint8_t *pixels, int count, size_t every)
{
    return dc_diversity(&(dc_pictures){.pixels = pixels,
                                       .stride = every * picture_size(shape),
                                       .count = count,
                                       .height = shape->height,
                                       .width = shape->width,
                                       .channels = shape->channels});
}

/* Of pictures from all over the dataset: neighbours may be of one kind. */
static double diversity_of(const dc_dataset *dataset, const dc_net_shape *shape, int count)
{
    if (dataset->count < (uint32_t)count)
        count = (int)dataset->count;
    return diversity(shape, dataset->pixels, count, dataset->count / (uint32_t)count);
}

dc_status dc_samples_create(const dc_net_shape *shape, int count, uint64_t seed, const dc_dataset *dataset,
                            dc_samples **ret_samples)
{
    dc_samples *samples;
    DC_TRY(dc_alloc(1, sizeof *samples, (void **)&samples));
    samples->shape = *shape;
    samples->count = count < 2 ? 2 : count; /* the pair needs two */
    size_t latents = (size_t)samples->count * (size_t)shape->latent;
    dc_status status = dc_alloc(latents, sizeof *samples->latents, (void **)&samples->latents);
    if (status == DCGAN_OK)
        status = dc_alloc((size_t)samples->count, picture_size(shape), (void **)&samples->pixels);
    if (status != DCGAN_OK) {
        dc_samples_free(samples);
        return status;
    }
    dcgan_latent(seed, 0, samples->count, shape->latent, samples->latents);
    samples->count = count;
    samples->real_diversity = diversity_of(dataset, shape, count);
    *ret_samples = samples;
    return DCGAN_OK;
}

void dc_samples_free(dc_samples *samples)
{
    if (!samples)
        return;
    free(samples->pixels);
    free(samples->latents);
    free(samples);
}

/* Generates the first `count` and writes them under `name` within the run, which becomes *ret_name. */
static dc_status write_pictures(dc_samples *samples, dc_gan *gan, const dc_run *run, int count, int columns, char *name,
                                char **ret_name)
{
    const dc_net_shape *shape = &samples->shape;
    char *path = NULL;
    dc_status status = dc_run_file(run, &path, "%s", name);
    if (status == DCGAN_OK) {
        dc_gan_generate(gan, samples->latents, count, samples->pixels);
        status = dcgan_save_png(path, samples->pixels, count, shape->height, shape->width, shape->channels, columns);
    }
    free(path);
    if (status == DCGAN_OK)
        *ret_name = name;
    else
        free(name);
    return status;
}

dc_status dc_samples_write_grid(dc_samples *samples, dc_gan *gan, const dc_run *run, uint64_t epoch, char **ret_name)
{
    char *name;
    DC_TRY(dc_path(&name, "samples/epoch_%04" PRIu64 ".png", epoch));
    return write_pictures(samples, gan, run, samples->count, 0, name, ret_name);
}

dc_status dc_samples_write_pair(dc_samples *samples, dc_gan *gan, const dc_run *run, uint64_t epoch, char **ret_name)
{
    char *name;
    DC_TRY(dc_path(&name, "samples/two_generated_epoch_%" PRIu64 ".png", epoch));
    return write_pictures(samples, gan, run, 2, 2, name, ret_name);
}

double dc_samples_diversity(const dc_samples *samples)
{
    if (samples->count < FEWEST || samples->real_diversity == 0)
        return NAN;
    return diversity(&samples->shape, samples->pixels, samples->count, 1) / samples->real_diversity;
}
