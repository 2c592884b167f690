/* exif.c - the orientation of photographs: read from an EXIF block, applied to pixels. */
#include "image/decode.h"

#include <stdlib.h>
#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

typedef struct tiff_block {
    const uint8_t *data;
    size_t size;
    bool big_endian;
} tiff_block;

static uint32_t read_u16(const tiff_block *block, size_t at)
{
    const uint8_t *p = block->data + at;
    return block->big_endian ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t read_u32(const tiff_block *block, size_t at)
{
    uint32_t first = read_u16(block, at), second = read_u16(block, at + 2);
    return block->big_endian ? first << 16 | second : second << 16 | first;
}

int dc_exif_orientation(const uint8_t *data, size_t size)
{
    if (size >= 6 && memcmp(data, "Exif\0\0", 6) == 0) {
        data += 6;
        size -= 6;
    }
    if (size < 8 || (memcmp(data, "II*\0", 4) != 0 && memcmp(data, "MM\0*", 4) != 0))
        return 1;
    tiff_block block = {data, size, data[0] == 'M'};
    size_t directory = read_u32(&block, 4);
    if (directory > size - 2)
        return 1;
    size_t entries = read_u16(&block, directory);
    for (size_t i = 0; i < entries; i++) {
        size_t entry = directory + 2 + i * ENTRY_BYTES;
        if (entry + ENTRY_BYTES > size)
            break;
        if (read_u16(&block, entry) == TAG_ORIENTATION && read_u16(&block, entry + 2) == TYPE_SHORT) {
            uint32_t orientation = read_u16(&block, entry + 8);
            return orientation >= 1 && orientation <= 8 ? (int)orientation : 1;
        }
    }
    return 1;
}

/* Every orientation is a transposition, or none, followed by mirrorings. */
typedef struct turn {
    bool transpose, mirror_x, mirror_y;
} turn;

static const turn turns[9] = {
    [2] = {false, true, false}, [3] = {false, true, true}, [4] = {false, false, true}, [5] = {true, false, false},
    [6] = {true, true, false},  [7] = {true, true, true},  [8] = {true, false, true},
};

static void turn_pixels(const dc_image *from, turn how, dc_image *to)
{
    size_t channels = (size_t)from->channels, row = (size_t)from->width * channels;
    size_t step_x = how.transpose ? row : channels, step_y = how.transpose ? channels : row;
    for (int y = 0; y < to->height; y++) {
        uint8_t *out = to->pixels + (size_t)y * (size_t)to->width * channels;
        size_t from_y = (size_t)(how.mirror_y ? to->height - 1 - y : y);
        for (int x = 0; x < to->width; x++) {
            size_t from_x = (size_t)(how.mirror_x ? to->width - 1 - x : x);
            memcpy(out + (size_t)x * channels, from->pixels + from_x * step_x + from_y * step_y, channels);
        }
    }
}

static dc_box turn_box(dc_box box, turn how, const dc_image *to)
{
    if (how.transpose)
        box = (dc_box){box.top, box.left, box.bottom, box.right};
    if (how.mirror_x)
        box = (dc_box){to->width - box.right, box.top, to->width - box.left, box.bottom};
    if (how.mirror_y)
        box = (dc_box){box.left, to->height - box.bottom, box.right, to->height - box.top};
    return box;
}

dc_status dc_picture_turn_upright(dc_picture *picture)
{
    if (picture->orientation == 1)
        return DCGAN_OK;
    turn how = turns[picture->orientation];
    const dc_image *from = &picture->image;
    dc_picture upright;
    DC_TRY(dc_picture_allocate((uint64_t)(how.transpose ? from->height : from->width),
                               (uint64_t)(how.transpose ? from->width : from->height), from->channels, &upright));
    turn_pixels(from, how, &upright.image);
    upright.extent = turn_box(picture->extent, how, &upright.image);
    upright.full_width = how.transpose ? picture->full_height : picture->full_width;
    upright.full_height = how.transpose ? picture->full_width : picture->full_height;
    free(picture->image.pixels);
    *picture = upright;
    return DCGAN_OK;
}
