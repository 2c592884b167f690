/* demo_faces.c - see demo_faces.h. */
#include "train/demo_faces.h"

#include <string.h>
#include <xxhash.h>

#define SIDE    64
#define COLUMNS 64

extern const uint8_t dc_demo_faces_begin[], dc_demo_faces_end[];

static size_t file_size(void)
{
    return (size_t)(dc_demo_faces_end - dc_demo_faces_begin);
}

uint64_t dc_demo_faces_key(void)
{
    return XXH3_64bits(dc_demo_faces_begin, file_size());
}

dc_status dc_demo_faces_decode(dc_image *ret_sheet)
{
    dc_status status = dc_image_decode(dc_demo_faces_begin, file_size(), 0, ret_sheet);
    return status == DCGAN_OK ? status : dc_fail_within(status, "The embedded faces");
}

dc_status dc_demo_faces_cut(const dc_image *sheet, int index, const dc_image_fit *fit, uint8_t *ret_pixels)
{
    uint8_t pixels[SIDE * SIDE * 4];
    size_t row_bytes = (size_t)SIDE * (size_t)sheet->channels;
    size_t sheet_row_bytes = (size_t)sheet->width * (size_t)sheet->channels;
    const uint8_t *corner =
        sheet->pixels + (size_t)(index / COLUMNS) * SIDE * sheet_row_bytes + (size_t)(index % COLUMNS) * row_bytes;
    for (size_t row = 0; row < SIDE; row++)
        memcpy(pixels + row * row_bytes, corner + row * sheet_row_bytes, row_bytes);
    const dc_image face = {.width = SIDE, .height = SIDE, .channels = sheet->channels, .pixels = pixels};
    return dc_image_fit_pixels(&face, fit, ret_pixels);
}
