/* dataset.c - see dataset.h: scan, then the cache if it is up to date, else decode and make it.
 *
 * A cache that cannot be read or written is never an error: pictures are then decoded into memory. */
#include "train/dataset.h"

#include "base/memory.h"
#include "train/cache.h"
#include "train/decode_pictures.h"
#include "train/demo_faces.h"
#include "train/nothing_found.h"

#include <stdlib.h>

typedef struct open_dataset {
    dc_dataset dataset; /* first: what the caller sees */
    dc_cache cache;
} open_dataset;

/* `path` NULL: in memory. */
static dc_status decode_into(const char *path, const dc_scan *scan, const dc_dataset_source *source, dc_pool *pool,
                             uint64_t key, dc_cache *ret_cache)
{
    dc_skip_text skipped;
    dc_cache_writer *writer = NULL;
    bool lasting;
    dc_status status = dc_skip_text_open(&skipped);
    if (status == DCGAN_OK)
        status = dc_skip_text_add_all(&skipped, &scan->skipped);
    if (status == DCGAN_OK)
        status = dc_cache_begin(path, &source->fit, &writer);
    if (status == DCGAN_OK)
        status = dc_decode_pictures(scan, source, pool, writer, &skipped, &lasting);
    if (status == DCGAN_OK)
        status = dc_skip_text_flush(&skipped);
    if (status == DCGAN_OK)
        /* The wrong key serves this time only. */
        status = dc_cache_finish(writer, &skipped, lasting ? key : ~key, ret_cache);
    else
        dc_cache_abandon(writer);
    dc_skip_text_close(&skipped);
    return status;
}
static dc_status load(const dc_scan *scan, const dc_dataset_source *source, dc_pool *pool, dc_cache *ret_cache,
                      bool *ret_from_cache)
{
    uint64_t key;
    DC_TRY(dc_cache_key(scan, &source->fit, scan->demo_faces ? dc_demo_faces_key() : 0, &key));
    char *path = NULL;
    bool from_cache = dc_cache_path(scan, &source->fit, &path) == DCGAN_OK &&
                      dc_cache_open(path, &source->fit, key, ret_cache) == DCGAN_OK;
    dc_status status = from_cache ? DCGAN_OK : decode_into(path, scan, source, pool, key, ret_cache);
    if (status != DCGAN_OK && path)
        status = decode_into(NULL, scan, source, pool, key, ret_cache);
    free(path);
    if (status == DCGAN_OK)
        *ret_from_cache = from_cache;
    return status;
}

static dc_status open_scanned(const dc_scan *scan, const dc_dataset_source *source, dc_pool *pool,
                              dc_dataset **ret_dataset)
{
    open_dataset *open;
    DC_TRY(dc_alloc(1, sizeof *open, (void **)&open));
    const dc_cache *cache = &open->cache;
    bool from_cache;
    dc_status status = load(scan, source, pool, &open->cache, &from_cache);
    if (status == DCGAN_OK && cache->count == 0)
        status = dc_fail_nothing_found(source, scan, cache->skipped, cache->skipped_count);
    if (status != DCGAN_OK) {
        dc_dataset_close(&open->dataset);
        return status;
    }
    open->dataset = (dc_dataset){.count = cache->count,
                                 .height = source->fit.height,
                                 .width = source->fit.width,
                                 .channels = source->fit.channels,
                                 .pixels = cache->pixels,
                                 .hash = cache->hash,
                                 .skipped = cache->skipped,
                                 .skipped_count = cache->skipped_count,
                                 .from_cache = from_cache};
    *ret_dataset = &open->dataset;
    return DCGAN_OK;
}

dc_status dc_dataset_open(const dc_dataset_source *source, dc_pool *pool, dc_dataset **ret_dataset)
{
    const dc_image_fit *fit = &source->fit;
    if (source->path_count == 0)
        return dc_fail(DCGAN_E_USAGE, "No pictures were named. Give a folder of pictures.");
    if (fit->width < 1 || fit->height < 1 || (fit->channels != 1 && fit->channels != 3 && fit->channels != 4))
        return dc_fail(DCGAN_E_USAGE, "Pictures cannot be made %d x %d with %d channels.", fit->width, fit->height,
                       fit->channels);
    dc_scan *scan;
    DC_TRY(dc_scan_places(source->paths, source->path_count, &scan));
    dc_status status = open_scanned(scan, source, pool, ret_dataset);
    dc_scan_free(scan);
    return status;
}

void dc_dataset_close(dc_dataset *dataset)
{
    open_dataset *open = (open_dataset *)dataset;
    if (!open)
        return;
    dc_cache_close(&open->cache);
    free(open);
}
