/* loader.c - see loader.h. */
#include "train/loader.h"

#include "base/memory.h"
#include "base/philox.h"

#include <stdlib.h>
#include <string.h>

struct dc_loader {
    const dc_dataset *dataset;
    int batch;
    bool flip;
    uint64_t seed;
    uint64_t epoch;  /* whose order is held; UINT64_MAX at first */
    uint32_t *order; /* (count) */
    uint8_t *pixels; /* (batch, height, width, channels) */
    uint8_t *mirror; /* (batch) */
};

static size_t picture_size(const dc_dataset *dataset)
{
    return (size_t)dataset->height * (size_t)dataset->width * (size_t)dataset->channels;
}

dc_status dc_loader_create(const dc_dataset *dataset, int batch, bool flip, uint64_t seed, dc_loader **ret_loader)
{
    dc_loader *loader;
    DC_TRY(dc_alloc(1, sizeof *loader, (void **)&loader));
    *loader = (dc_loader){.dataset = dataset, .batch = batch, .flip = flip, .seed = seed, .epoch = UINT64_MAX};
    dc_status status = dc_alloc(dataset->count, sizeof *loader->order, (void **)&loader->order);
    if (status == DCGAN_OK)
        status = dc_alloc((size_t)batch, picture_size(dataset), (void **)&loader->pixels);
    if (status == DCGAN_OK)
        status = dc_alloc((size_t)batch, 1, (void **)&loader->mirror);
    if (status != DCGAN_OK) {
        dc_loader_free(loader);
        return status;
    }
    *ret_loader = loader;
    return DCGAN_OK;
}

void dc_loader_free(dc_loader *loader)
{
    if (!loader)
        return;
    free(loader->mirror);
    free(loader->pixels);
    free(loader->order);
    free(loader);
}

uint64_t dc_loader_batches(const dc_loader *loader)
{
    return (loader->dataset->count + (uint64_t)loader->batch - 1) / (uint64_t)loader->batch;
}

dc_batch dc_loader_get(dc_loader *loader, uint64_t step)
{
    const dc_dataset *data = loader->dataset;
    uint64_t batches = dc_loader_batches(loader), epoch = step / batches;
    if (epoch != loader->epoch) {
        dc_stream order = {.seed = loader->seed, .purpose = DC_PURPOSE_ORDER, .step = epoch};
        dc_stream_permutation(&order, data->count, loader->order);
        loader->epoch = epoch;
    }
    dc_stream flips = {.seed = loader->seed, .purpose = DC_PURPOSE_FLIP, .step = step};
    uint64_t first = step % batches * (uint64_t)loader->batch, left = data->count - first;
    int n = left < (uint64_t)loader->batch ? (int)left : loader->batch;
    size_t size = picture_size(data);
    for (int i = 0; i < n; i++) {
        memcpy(loader->pixels + (size_t)i * size, data->pixels + loader->order[first + (uint64_t)i] * size, size);
        loader->mirror[i] = loader->flip && dc_stream_word(&flips, (uint64_t)i) >> 31;
    }
    return (dc_batch){n, loader->pixels, loader->flip ? loader->mirror : NULL};
}
