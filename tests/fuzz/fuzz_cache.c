/* fuzz_cache.c - any bytes as a cache of pictures. The hashes, which no mutation would hit, are put right
 * wherever there is room for them, so that what lies behind them is reached. */
#include "train/cache.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const dc_image_fit fit = {.width = 2, .height = 2, .channels = 1};
static const uint64_t key = 0x0123456789abcdef;

static void put_hashes_right(uint8_t *bytes, size_t size)
{
    trailer end;
    size_t content = size - sizeof end;
    memcpy(&end, bytes + content, sizeof end);
    size_t pixel_bytes = (size_t)end.count * dc_fit_bytes(&fit);
    end.magic = trailer_magic;
    end.key = key;
    if (pixel_bytes <= content) {
        XXH3_state_t *state = hash_begin();
        XXH3_64bits_update(state, bytes, pixel_bytes);
        end.pixels_hash = pixels_hash_end(state, end.count, &fit);
        end.skipped_hash = XXH3_64bits(bytes + pixel_bytes, content - pixel_bytes);
    }
    end.own_hash = trailer_hash(&end);
    memcpy(bytes + content, &end, sizeof end);
}

static size_t read_all(const dc_cache *cache)
{
    size_t sum = 0;
    for (size_t i = 0; i < cache->count * dc_fit_bytes(&fit); i++)
        sum += cache->pixels[i];
    for (size_t i = 0; i < cache->skipped_count; i++)
        sum += strlen(cache->skipped[i].path) + strlen(cache->skipped[i].reason);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile size_t sink;
    uint8_t *bytes = malloc(size ? size : 1); /* of its exact size, so that reads past it show */
    memcpy(bytes, data, size);
    if (size >= sizeof(trailer))
        put_hashes_right(bytes, size);
    dc_cache cache;
    if (cache_from_block((dc_mapping){.data = bytes, .size = size}, &fit, key, &cache) == DCGAN_OK) {
        sink = read_all(&cache);
        free(cache.skipped);
    }
    free(bytes);
    return 0;
}
