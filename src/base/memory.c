/* memory.c - see memory.h. */
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

dc_status dc_alloc(size_t n, size_t item_size, void **ret_memory)
{
    void *memory = calloc(n ? n : 1, item_size);
    if (!memory)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory: %zu x %zu bytes were asked for.", n, item_size);
    *ret_memory = memory;
    return DCGAN_OK;
}

dc_status dc_strdup(const char *text, char **ret_text)
{
    char *copy = strdup(text);
    if (!copy)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a text.");
    *ret_text = copy;
    return DCGAN_OK;
}

static size_t round_up(size_t bytes)
{
    return (bytes + DC_ALIGNMENT - 1) / DC_ALIGNMENT * DC_ALIGNMENT;
}

void *dc_arena_take(dc_arena *arena, size_t bytes)
{
    void *memory = arena->base ? arena->base + arena->offset : NULL;
    arena->offset += round_up(bytes);
    assert(!arena->base || arena->offset <= arena->size);
    return memory;
}

dc_status dc_arena_allocate(dc_arena *arena)
{
    size_t size = arena->offset;
    char *base = aligned_alloc(DC_ALIGNMENT, size ? size : DC_ALIGNMENT);
    if (!base)
        return dc_fail(DCGAN_E_MEMORY,
                       "Not enough memory: %.1f MB were asked for. A smaller --batch, --size or --features needs less.",
                       (double)size / 1e6);
    memset(base, 0, size);
    *arena = (dc_arena){.base = base, .size = size, .offset = 0};
    return DCGAN_OK;
}

void dc_arena_free(dc_arena *arena)
{
    free(arena->base);
    *arena = (dc_arena){0};
}
