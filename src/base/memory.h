/* memory.h - allocation that reports failure, and arenas.
 *
 * An arena is one aligned block, sized first and carved second: the same layout function runs once with
 * base NULL to measure and once to place. Nothing is freed piecewise. */
#ifndef DC_BASE_MEMORY_H
#define DC_BASE_MEMORY_H

#include "base/status.h"

#define DC_ALIGNMENT 64 /* bytes: a cache line, an AVX-512 register */

/* Zeroed memory for n items, checked for overflow; to be released with free(). */
dc_status dc_alloc(size_t n, size_t item_size, void **ret_memory);
dc_status dc_strdup(const char *text, char **ret_text);

typedef struct dc_arena {
    char *base;    /* NULL while measuring */
    size_t size;   /* bytes at base */
    size_t offset; /* bytes handed out so far */
} dc_arena;

/* Next `bytes`, aligned to DC_ALIGNMENT; NULL while measuring. */
void *dc_arena_take(dc_arena *arena, size_t bytes);
/* Allocates and zeroes what a measuring pass has counted; then carve again with the same calls. */
dc_status dc_arena_allocate(dc_arena *arena);
void dc_arena_free(dc_arena *arena);

#endif
