/* decode_pictures.h - the pictures of a scan, read, decoded and fitted in parallel, in their order. */
#ifndef DC_TRAIN_DECODE_PICTURES_H
#define DC_TRAIN_DECODE_PICTURES_H

#include "train/cache.h"

/* Adds every picture that can be used to the writer and every other to `skipped`: the files in the order
 * of their paths, then the embedded faces. `ret_lasting` is false if some failure may be gone the next
 * time (memory, a broken connection): what was written then should not be used again. */
dc_status dc_decode_pictures(const dc_scan *scan, const dc_dataset_source *source, dc_pool *pool,
                             dc_cache_writer *writer, dc_skip_text *skipped, bool *ret_lasting);

#endif
