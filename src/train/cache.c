/* cache.c - see cache.h. */
#include "train/cache.h"

#include "base/memory.h"
#include "train/cache_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

/* The magic changes with the layout, with the way pictures are decoded, and reads wrong on a machine of the
 * other byte order. */
static const uint64_t trailer_magic = 0x3130786970676364; /* "dcgpix01" */

typedef struct trailer {
    uint64_t magic;
    uint64_t key;
    uint64_t pixels_hash;
    uint64_t skipped_hash;
    uint64_t skipped_size;
    uint32_t count, height, width, channels;
    uint64_t own_hash; /* of the fields before it */
} trailer;

size_t dc_fit_bytes(const dc_image_fit *fit)
{
    return (size_t)fit->width * (size_t)fit->height * (size_t)fit->channels;
}

static uint64_t trailer_hash(const trailer *end)
{
    return XXH3_64bits(end, offsetof(trailer, own_hash));
}

/* ---- Names and keys ---------------------------------------------------------------------------------- */

/* NULL and a message if there is no memory. */
static XXH3_state_t *hash_begin(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (state)
        XXH3_64bits_reset(state);
    else
        dc_fail(DCGAN_E_MEMORY, "Not enough memory for a hash.");
    return state;
}

static uint64_t hash_end(XXH3_state_t *state)
{
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

static void hash_fit(XXH3_state_t *state, const dc_image_fit *fit)
{
    const int32_t facts[] = {fit->width,         fit->height,        fit->channels,   fit->background[0],
                             fit->background[1], fit->background[2], fit->full_decode};
    XXH3_64bits_update(state, facts, sizeof facts);
}

dc_status dc_cache_path(const dc_scan *scan, const dc_image_fit *fit, char **ret_path)
{
    XXH3_state_t *state = hash_begin();
    if (!state)
        return DCGAN_E_MEMORY;
    hash_fit(state, fit);
    XXH3_64bits_update(state, &scan->demo_faces, sizeof scan->demo_faces);
    for (size_t i = 0; i < scan->place_count; i++)
        XXH3_64bits_update(state, scan->places[i], strlen(scan->places[i]) + 1);
    uint64_t name = hash_end(state);
    char *folder;
    DC_TRY(dc_cache_folder(&folder));
    dc_status status = dc_path(ret_path, "%s/%016llx" DC_CACHE_ENDING, folder, (unsigned long long)name);
    free(folder);
    return status;
}

dc_status dc_cache_key(const dc_scan *scan, const dc_image_fit *fit, uint64_t demo_key, uint64_t *ret_key)
{
    XXH3_state_t *state = hash_begin();
    if (!state)
        return DCGAN_E_MEMORY;
    hash_fit(state, fit);
    XXH3_64bits_update(state, &demo_key, sizeof demo_key);
    for (size_t i = 0; i < scan->file_count; i++) {
        XXH3_64bits_update(state, scan->files[i].path, strlen(scan->files[i].path) + 1);
        XXH3_64bits_update(state, &scan->files[i].stamp, sizeof scan->files[i].stamp);
    }
    XXH3_64bits_update(state, scan->skipped.text, scan->skipped.size);
    *ret_key = hash_end(state);
    return DCGAN_OK;
}

/* Pixels first, so that they can be hashed before their count is known. */
static uint64_t pixels_hash_end(XXH3_state_t *state, uint32_t count, const dc_image_fit *fit)
{
    const uint32_t shape[] = {count, (uint32_t)fit->height, (uint32_t)fit->width, (uint32_t)fit->channels};
    XXH3_64bits_update(state, shape, sizeof shape);
    return hash_end(state);
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static dc_status refuse(const char *why)
{
    return dc_fail(DCGAN_E_INPUT, "The cache of pictures cannot be used: %s.", why);
}

/* Finds the parts of a block and checks them; the block becomes the cache's. */
static dc_status cache_from_block(dc_mapping block, const dc_image_fit *fit, uint64_t key, dc_cache *ret_cache)
{
    trailer end;
    if (block.size < sizeof end)
        return refuse("it is cut short");
    memcpy(&end, block.data + block.size - sizeof end, sizeof end);
    if (end.magic != trailer_magic || end.own_hash != trailer_hash(&end))
        return refuse("it is damaged, or something else");
    if (end.key != key || end.height != (uint32_t)fit->height || end.width != (uint32_t)fit->width ||
        end.channels != (uint32_t)fit->channels)
        return refuse("it is out of date");

    size_t pixel_bytes, content = block.size - sizeof end;
    if (__builtin_mul_overflow(dc_fit_bytes(fit), (size_t)end.count, &pixel_bytes) || pixel_bytes > content ||
        end.skipped_size != content - pixel_bytes)
        return refuse("its parts do not add up to its size");
    const char *skipped = (const char *)block.data + pixel_bytes;
    if (XXH3_64bits(skipped, end.skipped_size) != end.skipped_hash)
        return refuse("its list of skipped files is damaged");
    XXH3_state_t *state = hash_begin();
    if (!state)
        return DCGAN_E_MEMORY;
    XXH3_64bits_update(state, block.data, pixel_bytes);
    if (pixels_hash_end(state, end.count, fit) != end.pixels_hash)
        return refuse("its pixels are damaged");

    dc_cache cache = {.block = block, .count = end.count, .hash = end.pixels_hash, .pixels = block.data};
    DC_TRY(dc_skipped_parse(skipped, end.skipped_size, &cache.skipped, &cache.skipped_count));
    *ret_cache = cache;
    return DCGAN_OK;
}

dc_status dc_cache_open(const char *path, const dc_image_fit *fit, uint64_t key, dc_cache *ret_cache)
{
    dc_mapping block;
    DC_TRY(dc_file_map(path, &block));
    dc_status status = cache_from_block(block, fit, key, ret_cache);
    if (status != DCGAN_OK) {
        dc_file_unmap(&block);
        return status;
    }
    utimensat(AT_FDCWD, path, NULL, 0); /* in use: see dc_cache_folder_tidy */
    return DCGAN_OK;
}

void dc_cache_close(dc_cache *cache)
{
    free(cache->skipped);
    dc_file_unmap(&cache->block);
}

/* ---- Writing ----------------------------------------------------------------------------------------- */

struct dc_cache_writer {
    const dc_image_fit *fit;
    const char *path; /* NULL: in memory */
    dc_writer *file;
    uint8_t *memory; /* anonymous mapping; pages are real once written to */
    size_t size, capacity;
    uint32_t count;
    XXH3_state_t *hash;
};

dc_status dc_cache_begin(const char *path, const dc_image_fit *fit, dc_cache_writer **ret_writer)
{
    dc_cache_writer *writer;
    DC_TRY(dc_alloc(1, sizeof *writer, (void **)&writer));
    writer->fit = fit;
    writer->path = path;
    writer->hash = hash_begin();
    dc_status status = writer->hash ? DCGAN_OK : DCGAN_E_MEMORY;
    if (status == DCGAN_OK && path) {
        dc_cache_folder_tidy(path);
        status = dc_writer_open(path, &writer->file);
    }
    if (status != DCGAN_OK) {
        dc_cache_abandon(writer);
        return status;
    }
    *ret_writer = writer;
    return DCGAN_OK;
}

void dc_cache_abandon(dc_cache_writer *writer)
{
    if (!writer)
        return;
    dc_writer_abandon(writer->file);
    if (writer->memory)
        munmap(writer->memory, writer->capacity);
    XXH3_freeState(writer->hash);
    free(writer);
}

static dc_status reserve(dc_cache_writer *writer, size_t capacity)
{
    void *memory = writer->memory ? mremap(writer->memory, writer->capacity, capacity, MREMAP_MAYMOVE)
                                  : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return dc_fail_errno("The pictures need %.1f MB of memory", (double)capacity / 1e6);
    writer->memory = memory;
    writer->capacity = capacity;
    return DCGAN_OK;
}

static dc_status append(dc_cache_writer *writer, const void *data, size_t size)
{
    if (writer->file)
        return dc_writer_add(writer->file, data, size);
    if (size > writer->capacity - writer->size)
        DC_TRY(reserve(writer, (writer->size + size) * 5 / 4));
    memcpy(writer->memory + writer->size, data, size);
    writer->size += size;
    return DCGAN_OK;
}

dc_status dc_cache_add(dc_cache_writer *writer, const uint8_t *pixels, uint32_t count)
{
    size_t size = count * dc_fit_bytes(writer->fit);
    XXH3_64bits_update(writer->hash, pixels, size);
    writer->count += count;
    return append(writer, pixels, size);
}

static dc_status write_end(dc_cache_writer *writer, const dc_skip_text *skipped, uint64_t key)
{
    trailer end = {.magic = trailer_magic,
                   .key = key,
                   .pixels_hash = pixels_hash_end(writer->hash, writer->count, writer->fit),
                   .skipped_hash = XXH3_64bits(skipped->text, skipped->size),
                   .skipped_size = skipped->size,
                   .count = writer->count,
                   .height = (uint32_t)writer->fit->height,
                   .width = (uint32_t)writer->fit->width,
                   .channels = (uint32_t)writer->fit->channels};
    writer->hash = NULL;
    end.own_hash = trailer_hash(&end);
    DC_TRY(append(writer, skipped->text, skipped->size));
    return append(writer, &end, sizeof end);
}

static dc_status take_file(dc_cache_writer *writer, uint64_t key, dc_cache *ret_cache)
{
    dc_writer *file = writer->file;
    writer->file = NULL;
    DC_TRY(dc_writer_commit_unsynced(file));
    return dc_cache_open(writer->path, writer->fit, key, ret_cache);
}

static dc_status take_memory(dc_cache_writer *writer, uint64_t key, dc_cache *ret_cache)
{
    DC_TRY(reserve(writer, writer->size));
    DC_TRY(cache_from_block((dc_mapping){.data = writer->memory, .size = writer->size}, writer->fit, key, ret_cache));
    writer->memory = NULL;
    return DCGAN_OK;
}

dc_status dc_cache_finish(dc_cache_writer *writer, const dc_skip_text *skipped, uint64_t key, dc_cache *ret_cache)
{
    dc_status status = write_end(writer, skipped, key);
    if (status == DCGAN_OK)
        status = writer->file ? take_file(writer, key, ret_cache) : take_memory(writer, key, ret_cache);
    dc_cache_abandon(writer);
    return status;
}
