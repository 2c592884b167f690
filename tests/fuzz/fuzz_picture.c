/* fuzz_picture.c - any bytes as a BMP and as an EXIF block: the two parsers of pictures that are our own. */
#include "image/decode.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Many pixels only cost time: the limit of the decoder itself is tested elsewhere. */
static bool is_slow(const uint8_t *bmp, size_t size)
{
    enum { SIDES = 18, CORE_HEADER = 12, MOST = 1 << 14 };
    uint16_t core[2];
    int32_t info[2];
    if (size < SIDES + sizeof info)
        return false;
    memcpy(core, bmp + SIDES, sizeof core);
    memcpy(info, bmp + SIDES, sizeof info);
    int64_t pixels = bmp[14] == CORE_HEADER ? (int64_t)core[0] * core[1] : (int64_t)info[0] * info[1];
    return pixels > MOST || pixels < -MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int orientation = dc_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    if (size < 2 || data[0] != 'B' || data[1] != 'M' || is_slow(data, size))
        return 0;
    dc_image image = {0};
    if (dc_image_decode(data, size, 0, &image) != DCGAN_OK) {
        if (image.pixels || !*dcgan_error_message())
            abort();
        return 0;
    }
    /* The corners of what it says it has. */
    size_t bytes = (size_t)image.width * (size_t)image.height * (size_t)image.channels;
    volatile uint8_t corners = image.pixels[0] ^ image.pixels[bytes - 1];
    (void)corners;
    free(image.pixels);
    return 0;
}
