/* fuzz_picture.c - any bytes as a BMP and as an EXIF block: the two parsers of pictures that are our own. */
#include "image/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int orientation = dc_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    if (size < 2 || data[0] != 'B' || data[1] != 'M')
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
