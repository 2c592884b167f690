/* cache.h - the pixels of a data set as one block: written front to back, then mapped and only read.
 *
 * The block: (count, height, width, channels) pixels, the skipped files as a text, and a trailer that
 * describes both and carries hashes of everything, itself included. It is a file in the user's cache
 * folder, put in place whole, or memory where there is no such folder. A file that is damaged, foreign or
 * out of date is refused, never believed. Files not used for 60 days are removed when another is written. */
#ifndef DC_TRAIN_CACHE_H
#define DC_TRAIN_CACHE_H

#include "base/file.h"
#include "train/scan.h"

/* Bytes of one picture. */
size_t dc_fit_bytes(const dc_image_fit *fit);

/* Where the cache of these places with this fit belongs: in $XDG_CACHE_HOME/dcgan, else ~/.cache/dcgan,
 * else $TMPDIR/dcgan-UID: the first that can be written. Free with free(). */
dc_status dc_cache_path(const dc_scan *scan, const dc_image_fit *fit, char **ret_path);

/* A hash of the files found (names, stamps), of what was skipped, and of the fit: a cache with another key
 * is out of date. `demo_key` stands for the content of the embedded pictures, 0 if they are not used. */
dc_status dc_cache_key(const dc_scan *scan, const dc_image_fit *fit, uint64_t demo_key, uint64_t *ret_key);

typedef struct dc_cache {
    dc_mapping block;
    uint32_t count;
    uint64_t hash; /* of count, shape and pixels */
    const uint8_t *pixels;
    dc_skipped *skipped; /* in the order of their paths */
    size_t skipped_count;
} dc_cache;

/* Reads and checks all of it. */
dc_status dc_cache_open(const char *path, const dc_image_fit *fit, uint64_t key, dc_cache *ret_cache);
void dc_cache_close(dc_cache *cache);

typedef struct dc_cache_writer dc_cache_writer;

/* `path` NULL: in memory. The writer keeps both pointers. */
dc_status dc_cache_begin(const char *path, const dc_image_fit *fit, dc_cache_writer **ret_writer);
dc_status dc_cache_add(dc_cache_writer *writer, const uint8_t *pixels, uint32_t count);
/* Consumes the writer, whatever it returns. */
dc_status dc_cache_finish(dc_cache_writer *writer, const dc_skip_text *skipped, uint64_t key, dc_cache *ret_cache);
void dc_cache_abandon(dc_cache_writer *writer);

#endif
