/* decode_gif.c - the first picture of a GIF through giflib. */
#include "image/decode.h"

#include "base/memory.h"

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

typedef struct source {
    const uint8_t *next;
    size_t left;
} source;

static int read_bytes(GifFileType *gif, GifByteType *ret_bytes, int count)
{
    source *from = gif->UserData;
    size_t n = (size_t)count < from->left ? (size_t)count : from->left;
    memcpy(ret_bytes, from->next, n);
    from->next += n;
    from->left -= n;
    return (int)n;
}

static dc_status fail_damaged(const GifFileType *gif)
{
    const char *detail = GifErrorString(gif->Error);
    return dc_fail_damaged("GIF", detail ? detail : "it makes no sense");
}

/* Reads on to the first picture; the colour that is transparent there, or NO_TRANSPARENT_COLOR, is told before. */
static dc_status find_picture(GifFileType *gif, int *ret_transparent)
{
    GraphicsControlBlock control = {.TransparentColor = NO_TRANSPARENT_COLOR};
    for (;;) {
        GifRecordType record;
        if (DGifGetRecordType(gif, &record) == GIF_ERROR)
            return fail_damaged(gif);
        if (record == TERMINATE_RECORD_TYPE)
            return dc_fail_damaged("GIF", "it has no picture");
        if (record == IMAGE_DESC_RECORD_TYPE)
            break;
        int code;
        GifByteType *block;
        int result = DGifGetExtension(gif, &code, &block);
        while (result == GIF_OK && block) {
            if (code == GRAPHICS_EXT_FUNC_CODE)
                DGifExtensionToGCB(block[0], block + 1, &control);
            result = DGifGetExtensionNext(gif, &block);
        }
        if (result == GIF_ERROR)
            return fail_damaged(gif);
    }
    if (DGifGetImageDesc(gif) == GIF_ERROR)
        return fail_damaged(gif);
    *ret_transparent = control.TransparentColor;
    return DCGAN_OK;
}

typedef struct palette {
    uint8_t rgba[256][4];
} palette;

static dc_status read_palette(const GifFileType *gif, int transparent, palette *ret_palette)
{
    const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
    if (!map)
        return dc_fail_damaged("GIF", "it has no colours");
    for (int i = 0; i < 256; i++) {
        GifColorType color = i < map->ColorCount ? map->Colors[i] : (GifColorType){0, 0, 0};
        uint8_t rgba[4] = {color.Red, color.Green, color.Blue, i == transparent ? 0 : 255};
        memcpy(ret_palette->rgba[i], rgba, sizeof rgba);
    }
    return DCGAN_OK;
}

static dc_status read_line(GifFileType *gif, const palette *colors, GifPixelType *indices, int y, dc_image *image)
{
    const GifImageDesc *frame = &gif->Image;
    if (DGifGetLine(gif, indices, frame->Width) == GIF_ERROR)
        return fail_damaged(gif);
    size_t channels = (size_t)image->channels;
    size_t start = (size_t)(frame->Top + y) * (size_t)image->width + (size_t)frame->Left;
    for (int x = 0; x < frame->Width; x++)
        memcpy(image->pixels + (start + (size_t)x) * channels, colors->rgba[indices[x]], channels);
    return DCGAN_OK;
}

static dc_status read_lines(GifFileType *gif, const palette *colors, dc_image *image)
{
    static const int interlaced_start[] = {0, 4, 2, 1}, interlaced_step[] = {8, 8, 4, 2};
    GifPixelType *indices;
    DC_TRY(dc_alloc((size_t)gif->Image.Width, sizeof *indices, (void **)&indices));
    dc_status status = DCGAN_OK;
    int passes = gif->Image.Interlace ? 4 : 1;
    for (int pass = 0; pass < passes; pass++) {
        int step = gif->Image.Interlace ? interlaced_step[pass] : 1;
        for (int y = interlaced_start[pass]; y < gif->Image.Height && status == DCGAN_OK; y += step)
            status = read_line(gif, colors, indices, y, image);
    }
    free(indices);
    return status;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static dc_status read_picture(GifFileType *gif, dc_picture *ret_picture)
{
    int transparent = NO_TRANSPARENT_COLOR;
    palette colors;
    DC_TRY(find_picture(gif, &transparent));
    DC_TRY(read_palette(gif, transparent, &colors));
    const GifImageDesc *frame = &gif->Image;
    DC_TRY(dc_check_extents((uint64_t)frame->Width, (uint64_t)frame->Height));
    /* What the frame leaves open is transparent, as browsers show it. */
    bool fills = frame->Left == 0 && frame->Top == 0 && frame->Width >= gif->SWidth && frame->Height >= gif->SHeight;
    int channels = transparent == NO_TRANSPARENT_COLOR && fills ? 3 : 4;
    int width = larger(gif->SWidth, frame->Left + frame->Width);
    int height = larger(gif->SHeight, frame->Top + frame->Height);
    DC_TRY(dc_picture_allocate((uint64_t)width, (uint64_t)height, channels, ret_picture));
    dc_status status = read_lines(gif, &colors, &ret_picture->image);
    if (status != DCGAN_OK)
        free(ret_picture->image.pixels);
    return status;
}

dc_status dc_decode_gif(const dc_encoded *file, dc_picture *ret_picture)
{
    source from = {file->data, file->size};
    int error;
    GifFileType *gif = DGifOpen(&from, read_bytes, &error);
    if (!gif) {
        const char *detail = GifErrorString(error);
        return dc_fail_damaged("GIF", detail ? detail : "it makes no sense");
    }
    dc_picture picture;
    dc_status status = read_picture(gif, &picture);
    DGifCloseFile(gif, &error);
    if (status == DCGAN_OK)
        *ret_picture = picture;
    return status;
}
