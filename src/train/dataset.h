/* dataset.h - folders of pictures as one mapped array of pixels.
 *
 * scan -> decode, orient, resize, crop once, in parallel -> one u8 cache file, mapped, and reused while the
 * files (path, size, time) and the fit are the same. Pictures are in the order of their paths. */
#ifndef DC_TRAIN_DATASET_H
#define DC_TRAIN_DATASET_H

#include "base/pool.h"
#include "image/image.h"

typedef struct dc_skipped {
    const char *path;
    const char *reason;
} dc_skipped;

typedef struct dc_dataset {
    uint32_t count;
    int height, width, channels;
    const uint8_t *pixels; /* (count, height, width, channels) */
    uint64_t hash;         /* XXH3 of count, shape and all pixels: names the data, wherever they lie */
    const dc_skipped *skipped;
    size_t skipped_count;
    bool from_cache;
} dc_dataset;

/* Called on the calling thread while pictures are read. */
typedef void (*dc_dataset_progress_fn)(void *context, uint64_t done, uint64_t total);

typedef struct dc_dataset_source {
    const char *const *paths; /* pictures, folders, or DCGAN_DEMO_FACES */
    size_t path_count;
    dc_image_fit fit;
    dc_dataset_progress_fn on_progress; /* or NULL */
    void *context;
} dc_dataset_source;

/* Fails if no picture can be used: the message says where it looked and what was there instead. Skipped
 * pictures are listed in the dataset, also when it comes from the cache. */
dc_status dc_dataset_open(const dc_dataset_source *source, dc_pool *pool, dc_dataset **ret_dataset);
void dc_dataset_close(dc_dataset *dataset);

#endif
