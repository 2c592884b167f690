/* generator.c - the public dcgan_generator: a generator opened for use. */
#include "base/memory.h"
#include "base/philox.h"
#include "train/checkpoint.h"
#include "train/generator_file.h"

#include <stdlib.h>

#define DEFAULT_BATCH 64

struct dcgan_generator {
    dc_device *device;
    dc_plan *plan;
    dc_tensor *latent, *images;
    int batch;
};

static dc_status build(dcgan_generator *generator, const dc_generator_file *file,
                       const dcgan_generator_options *options)
{
    const dc_block *first = &file->net.blocks[0], *last = &file->net.blocks[file->net.block_count - 1];
    dc_device_options device = {.threads = options->threads};
    generator->batch = options->max_batch > 0 ? options->max_batch : DEFAULT_BATCH;
    DC_TRY(dc_device_open(options->device ? options->device : "auto", &device, &generator->device));
    DC_TRY(dc_plan_create(generator->device, &file->net, generator->batch, DC_USAGE_GENERATE, &generator->plan));
    DC_TRY(dc_tensor_create(generator->device, generator->batch, 1, 1, first->in_c, &generator->latent));
    DC_TRY(dc_tensor_create(generator->device, generator->batch, last->out_h, last->out_w, last->out_c,
                            &generator->images));
    return dc_load_net(file->file, file->prefix, generator->plan);
}

dcgan_status dcgan_generator_open(const char *path, const dcgan_generator_options *options,
                                  dcgan_generator **ret_generator)
{
    dc_generator_file file;
    DC_TRY(dc_generator_file_open(path, &file));
    dcgan_generator *generator;
    dc_status status = dc_alloc(1, sizeof *generator, (void **)&generator);
    if (status == DCGAN_OK) {
        status = build(generator, &file, options ? options : &(dcgan_generator_options){0});
        if (status == DCGAN_OK)
            *ret_generator = generator;
        else
            dcgan_generator_close(generator);
    }
    dc_generator_file_close(&file);
    return status;
}

void dcgan_generator_close(dcgan_generator *generator)
{
    if (!generator)
        return;
    dc_tensor_free(generator->images);
    dc_tensor_free(generator->latent);
    dc_plan_free(generator->plan);
    dc_device_close(generator->device);
    free(generator);
}

dcgan_generator_shape dcgan_generator_get_shape(const dcgan_generator *generator)
{
    const dc_tensor *images = generator->images;
    return (dcgan_generator_shape){images->h, images->w, images->c, generator->latent->c};
}

void dcgan_latent(uint64_t seed, uint64_t first, int n, int latent, float *ret_z)
{
    dc_stream stream = {.seed = seed, .purpose = DC_PURPOSE_SAMPLE};
    dc_stream_normal(&stream, first * (uint64_t)latent, (uint64_t)n * (uint64_t)latent, ret_z);
}

/* Runs z in batches and hands each to one of the outputs, whichever is not NULL. */
static void run(dcgan_generator *generator, const float *z, int n, uint8_t *ret_pixels, float *ret_images)
{
    dcgan_generator_shape shape = dcgan_generator_get_shape(generator);
    size_t size = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
    for (int first = 0; first < n; first += generator->batch) {
        int count = n - first < generator->batch ? n - first : generator->batch;
        dc_view latent = {generator->latent, 0, count}, images = {generator->images, 0, count};
        dc_tensor_write(latent, z + (size_t)first * (size_t)shape.latent);
        dc_forward(generator->plan, latent, images, DC_MODE_EVAL, 1);
        if (ret_pixels)
            dc_tensor_download(images, ret_pixels + (size_t)first * size);
        else
            dc_tensor_read(images, ret_images + (size_t)first * size);
    }
}

dcgan_status dcgan_generator_run(dcgan_generator *generator, const float *z, int n, uint8_t *ret_pixels)
{
    run(generator, z, n, ret_pixels, NULL);
    return DCGAN_OK;
}

dcgan_status dcgan_generator_run_float(dcgan_generator *generator, const float *z, int n, float *ret_images)
{
    run(generator, z, n, NULL, ret_images);
    return DCGAN_OK;
}
