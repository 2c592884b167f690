/* loader.h - the batches of a training: which pictures a step gets, and which of them are mirrored.
 *
 * Both follow from the seed and the step number alone, so a resumed run sees what an uninterrupted one sees.
 * An epoch is a permutation of all pictures; its last batch is smaller if they do not divide evenly. */
#ifndef DC_TRAIN_LOADER_H
#define DC_TRAIN_LOADER_H

#include "train/dataset.h"

typedef struct dc_loader dc_loader;

typedef struct dc_batch {
    int n;
    const uint8_t *pixels; /* (n, height, width, channels) */
    const uint8_t *mirror; /* (n): 1 to mirror; NULL if flips are off */
} dc_batch;

dc_status dc_loader_create(const dc_dataset *dataset, int batch, bool flip, uint64_t seed, dc_loader **ret_loader);
void dc_loader_free(dc_loader *loader);

/* Steps per epoch. */
uint64_t dc_loader_batches(const dc_loader *loader);
/* The batch of step number `step`, from 0; valid until the next call. Allocates nothing. */
dc_batch dc_loader_get(dc_loader *loader, uint64_t step);

#endif
