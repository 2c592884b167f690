/* decode_bmp.c - BMP by hand: 1, 4, 8, 16, 24 and 32 bits, bottom-up and top-down, bit fields, RLE4, RLE8.
 *
 * All reads go through offsets that are checked against the file's size first. */
#include "image/decode.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_HEADER = 14, CORE_HEADER = 12, INFO_HEADER = 40 };
enum { RAW = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

typedef struct bmp {
    const uint8_t *data;
    size_t size;
    size_t pixels; /* where they begin */
    uint32_t width, height;
    bool top_down;
    uint32_t bits, compression;
    uint32_t masks[4]; /* R, G, B, A of 16 and 32 bits */
    uint8_t palette[256][3];
} bmp;

static uint32_t read_u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t read_u32(const uint8_t *p)
{
    return read_u16(p) | read_u16(p + 2) << 16;
}

static dc_status fail_too_short(void)
{
    return dc_fail_damaged("BMP", "it ends too early");
}

static dc_status read_masks(bmp *b, size_t header_size)
{
    static const uint32_t usual16[4] = {0x7c00, 0x03e0, 0x001f, 0}, usual32[4] = {0xff0000, 0x00ff00, 0x0000ff, 0};
    memcpy(b->masks, b->bits == 16 ? usual16 : usual32, sizeof b->masks);
    if (b->compression != BITFIELDS && b->compression != ALPHA_BITFIELDS)
        return DCGAN_OK;
    /* They follow the oldest header and are part of the later ones: at the same place. */
    bool alpha = b->compression == ALPHA_BITFIELDS || header_size >= 56;
    size_t count = alpha ? 4 : 3;
    if (b->size < FILE_HEADER + INFO_HEADER + 4 * count)
        return fail_too_short();
    for (size_t i = 0; i < count; i++)
        b->masks[i] = read_u32(b->data + FILE_HEADER + INFO_HEADER + 4 * i);
    return DCGAN_OK;
}

static dc_status read_palette(bmp *b, size_t start, size_t entry_bytes, uint32_t count)
{
    uint32_t most = 1U << b->bits;
    if (count == 0 || count > most)
        count = most;
    if (start > b->size)
        return fail_too_short();
    for (size_t i = 0; i < count; i++) {
        size_t at = start + i * entry_bytes;
        if (at + entry_bytes > b->size || at + entry_bytes > b->pixels)
            break; /* a shorter palette than announced: the rest is black */
        for (size_t c = 0; c < 3; c++)
            b->palette[i][c] = b->data[at + 2 - c];
    }
    return DCGAN_OK;
}

static bool is_supported(const bmp *b)
{
    switch (b->compression) {
    case RAW:
        return b->bits == 1 || b->bits == 4 || b->bits == 8 || b->bits == 16 || b->bits == 24 || b->bits == 32;
    case RLE8:
        return b->bits == 8 && !b->top_down;
    case RLE4:
        return b->bits == 4 && !b->top_down;
    case BITFIELDS:
    case ALPHA_BITFIELDS:
        return b->bits == 16 || b->bits == 32;
    default:
        return false;
    }
}

static dc_status read_header(bmp *b)
{
    if (b->size < FILE_HEADER + CORE_HEADER)
        return fail_too_short();
    const uint8_t *info = b->data + FILE_HEADER;
    size_t header_size = read_u32(info);
    if (header_size != CORE_HEADER && header_size < INFO_HEADER)
        return dc_fail(DCGAN_E_INPUT, "This kind of BMP is not supported: its header has %zu bytes.", header_size);
    if (header_size > b->size - FILE_HEADER)
        return fail_too_short();
    bool core = header_size == CORE_HEADER;
    b->pixels = read_u32(b->data + 10);
    b->width = core ? read_u16(info + 4) : read_u32(info + 4);
    b->height = core ? read_u16(info + 6) : read_u32(info + 8);
    b->bits = read_u16(info + (core ? 10 : 14));
    b->compression = core ? RAW : read_u32(info + 16);
    b->top_down = !core && b->height >> 31;
    if (b->top_down)
        b->height = -b->height;
    DC_TRY(dc_check_extents(b->width, b->height));
    if (!is_supported(b))
        return dc_fail(DCGAN_E_INPUT, "This kind of BMP is not supported: %u bits, compression %u.", b->bits,
                       b->compression);
    if (b->bits > 8)
        return read_masks(b, header_size);
    return read_palette(b, FILE_HEADER + header_size, core ? 3 : 4, core ? 0 : read_u32(info + 32));
}

static void unpack_indices(const bmp *b, const uint8_t *in, uint8_t *out)
{
    for (uint32_t x = 0; x < b->width; x++) {
        uint32_t bit = x * b->bits;
        uint32_t index = (uint32_t)in[bit / 8] >> (8 - b->bits - bit % 8) & ((1U << b->bits) - 1);
        memcpy(out + 3 * (size_t)x, b->palette[index], 3);
    }
}

static void unpack_bgr(const bmp *b, const uint8_t *in, uint8_t *out)
{
    for (size_t x = 0; x < b->width; x++)
        for (size_t c = 0; c < 3; c++)
            out[3 * x + c] = in[3 * x + 2 - c];
}

static void unpack_masked(const bmp *b, const uint8_t *in, int channels, uint8_t *out)
{
    for (size_t x = 0; x < b->width; x++) {
        uint32_t pixel = b->bits == 16 ? read_u16(in + 2 * x) : read_u32(in + 4 * x);
        for (int c = 0; c < channels; c++) {
            uint32_t mask = b->masks[c], lowest = mask & -mask;
            *out++ = mask ? (uint8_t)((uint64_t)((pixel & mask) / lowest) * 255 / (mask / lowest)) : 0;
        }
    }
}

static dc_status read_rows(const bmp *b, dc_image *image)
{
    size_t stride = ((size_t)b->width * b->bits + 31) / 32 * 4;
    size_t used = ((size_t)b->width * b->bits + 7) / 8;
    if (b->pixels > b->size || (b->height - 1) * stride + used > b->size - b->pixels)
        return fail_too_short();
    for (uint32_t y = 0; y < b->height; y++) {
        const uint8_t *in = b->data + b->pixels + y * stride;
        size_t row = b->top_down ? y : b->height - 1 - y;
        uint8_t *out = image->pixels + row * b->width * (size_t)image->channels;
        if (b->bits <= 8)
            unpack_indices(b, in, out);
        else if (b->bits == 24)
            unpack_bgr(b, in, out);
        else
            unpack_masked(b, in, image->channels, out);
    }
    return DCGAN_OK;
}

/* Where the next pixel of an RLE picture goes: row 0 is the lowest. */
typedef struct pen {
    const bmp *b;
    dc_image *image;
    uint32_t x, y;
} pen;

static void put(pen *p, uint32_t index)
{
    if (p->x < p->b->width && p->y < p->b->height) {
        size_t row = p->b->height - 1 - p->y;
        memcpy(p->image->pixels + 3 * (row * p->b->width + p->x), p->b->palette[index], 3);
        p->x++;
    }
}

/* Pixel number i of a run whose indices lie in `bytes`: one a byte, or two, the upper half first. */
static uint32_t index_at(const bmp *b, const uint8_t *bytes, uint32_t i)
{
    if (b->bits == 8)
        return bytes[i];
    return i % 2 ? bytes[i / 2] & 15U : bytes[i / 2] >> 4;
}

/* Pixels that are written out one by one; returns how many bytes they take, 0 if they are not all there. */
static size_t put_literals(pen *p, const uint8_t *bytes, size_t left, uint32_t count)
{
    size_t used = (count * p->b->bits + 7) / 8;
    used += used % 2;
    if (used > left)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        put(p, index_at(p->b, bytes, i));
    return used;
}

static dc_status read_rle(const bmp *b, dc_image *image)
{
    enum { END_OF_LINE = 0, END = 1, MOVE = 2 };
    for (size_t i = 0; i < (size_t)b->width * b->height; i++)
        memcpy(image->pixels + 3 * i, b->palette[0], 3);
    pen p = {.b = b, .image = image};
    for (size_t at = b->pixels; p.y < b->height;) {
        if (b->size < 2 || at > b->size - 2)
            return fail_too_short();
        uint32_t count = b->data[at], code = b->data[at + 1];
        const uint8_t *rest = b->data + at + 2;
        size_t left = b->size - at - 2;
        at += 2;
        if (count > 0) {
            const uint8_t pair[2] = {(uint8_t)code, (uint8_t)code};
            for (uint32_t i = 0; i < count; i++)
                put(&p, index_at(b, pair, i % 2));
        } else if (code == END_OF_LINE) {
            p.x = 0;
            p.y++;
        } else if (code == END) {
            break;
        } else if (code == MOVE) {
            if (left < 2)
                return fail_too_short();
            p.x += rest[0];
            p.y += rest[1];
            at += 2;
        } else {
            size_t used = put_literals(&p, rest, left, code);
            if (used == 0)
                return fail_too_short();
            at += used;
        }
    }
    return DCGAN_OK;
}

dc_status dc_decode_bmp(const dc_encoded *file, dc_picture *ret_picture)
{
    bmp b = {.data = file->data, .size = file->size};
    DC_TRY(read_header(&b));
    bool alpha = b.bits > 8 && b.masks[3] != 0;
    dc_picture picture;
    DC_TRY(dc_picture_allocate(b.width, b.height, alpha ? 4 : 3, &picture));
    bool rle = b.compression == RLE8 || b.compression == RLE4;
    dc_status status = rle ? read_rle(&b, &picture.image) : read_rows(&b, &picture.image);
    if (status == DCGAN_OK)
        *ret_picture = picture;
    else
        free(picture.image.pixels);
    return status;
}
