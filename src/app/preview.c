/* preview.c - see preview.h. */
#include "app/preview.h"

#include "app/base64.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };                  /* pixels between the pictures of a grid */
enum { LEAST_COLUMNS = 20 };       /* of the terminal, that a picture is recognised in */
enum { CELL_WIDTH = 8 };           /* pixels of a terminal's column, about */
enum { KITTY_CHUNK_BYTES = 3072 }; /* 4096 in base64: the most the protocol allows */

typedef struct colour {
    int red, green, blue;
} colour;

/* ---- What the terminal can do ------------------------------------------------------------------------ */

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

static bool begins_with(const char *variable, const char *start)
{
    const char *value = getenv(variable);
    return value && strncmp(value, start, strlen(start)) == 0;
}

static bool has(const char *variable, const char *part)
{
    const char *value = getenv(variable);
    return value && strstr(value, part);
}

dc_preview_form dc_preview_best_form(void)
{
    /* Multiplexers pass their own variables on and the terminal's escapes not. */
    bool direct = !is_set("TMUX") && !begins_with("TERM", "screen") && !begins_with("TERM", "tmux");
    if (direct && (is_set("KITTY_WINDOW_ID") || begins_with("TERM", "xterm-kitty")))
        return DC_PREVIEW_KITTY;
    if (direct && (begins_with("TERM_PROGRAM", "iTerm") || begins_with("TERM_PROGRAM", "WezTerm") ||
                   begins_with("LC_TERMINAL", "iTerm2")))
        return DC_PREVIEW_INLINE;
    if (has("COLORTERM", "truecolor") || has("COLORTERM", "24bit") || has("TERM", "direct"))
        return DC_PREVIEW_BLOCKS_RGB;
    return DC_PREVIEW_BLOCKS_256;
}

/* ---- Half blocks ------------------------------------------------------------------------------------- */

/* The part of a picture that is drawn, and the pixels it is drawn in. */
typedef struct view {
    const dcgan_picture *picture;
    int source_width, source_height; /* from the upper left corner */
    int width, height;
} view;

static int at_least_one(int value)
{
    return value < 1 ? 1 : value;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* As many whole pictures as fit, in the terminal's width and half of its height. */
static view choose_view(const dc_terminal *terminal, const dcgan_picture *grid, int width, int height)
{
    int columns = (int)dc_terminal_width(terminal), pixel_rows = (int)dc_terminal_height(terminal);
    int across = (grid->width + GAP) / (width + GAP), down = (grid->height + GAP) / (height + GAP);
    across = at_least_one(least(across, columns / least(LEAST_COLUMNS, width)));
    int source_width = least(grid->width, across * (width + GAP) - GAP);
    int drawn_width = least(columns, source_width);
    int drawn_pitch = at_least_one((height + GAP) * drawn_width / source_width);
    down = at_least_one(least(down, pixel_rows / drawn_pitch));
    int source_height = least(grid->height, down * (height + GAP) - GAP);
    return (view){.picture = grid,
                  .source_width = source_width,
                  .source_height = source_height,
                  .width = drawn_width,
                  .height = at_least_one(source_height * drawn_width / source_width)};
}

/* A pixel on white: grey, RGB or RGBA. */
static colour pixel_at(const dcgan_picture *picture, int x, int y)
{
    int channels = picture->channels;
    const uint8_t *p = picture->pixels + ((size_t)y * (size_t)picture->width + (size_t)x) * (size_t)channels;
    colour c = channels == 1 ? (colour){p[0], p[0], p[0]} : (colour){p[0], p[1], p[2]};
    if (channels == 4) {
        int cover = p[3], rest = 255 * (255 - cover);
        c = (colour){(c.red * cover + rest) / 255, (c.green * cover + rest) / 255, (c.blue * cover + rest) / 255};
    }
    return c;
}

/* The mean of what falls on pixel (x, y) of the view. */
static colour colour_at(const view *v, int x, int y)
{
    int left = x * v->source_width / v->width, right = (x + 1) * v->source_width / v->width;
    int top = y * v->source_height / v->height, bottom = (y + 1) * v->source_height / v->height;
    colour sum = {0};
    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++) {
            colour c = pixel_at(v->picture, column, row);
            sum = (colour){sum.red + c.red, sum.green + c.green, sum.blue + c.blue};
        }
    int count = (bottom - top) * (right - left);
    return (colour){sum.red / count, sum.green / count, sum.blue / count};
}

/* The nearest of the 6x6x6 cube of xterm's 256 colours: levels 0, 95, 135, 175, 215, 255. */
static int cube_level(int value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

/* `layer`: 38 for the character, 48 for what is behind it. */
static void print_colour(FILE *stream, dc_preview_form form, int layer, colour c)
{
    if (form == DC_PREVIEW_BLOCKS_RGB)
        fprintf(stream, "\x1b[%d;2;%d;%d;%dm", layer, c.red, c.green, c.blue);
    else
        fprintf(stream, "\x1b[%d;5;%dm", layer,
                16 + 36 * cube_level(c.red) + 6 * cube_level(c.green) + cube_level(c.blue));
}

static void draw_blocks(FILE *stream, dc_preview_form form, const view *v)
{
    for (int y = 0; y < v->height; y += 2) {
        for (int x = 0; x < v->width; x++) {
            print_colour(stream, form, 38, colour_at(v, x, y));
            if (y + 1 < v->height)
                print_colour(stream, form, 48, colour_at(v, x, y + 1));
            fputs("\u2580", stream);
        }
        fputs("\x1b[0m\n", stream);
    }
}

static dc_status preview_blocks(const dc_terminal *terminal, dc_preview_form form, const char *path, int width,
                                int height)
{
    dcgan_picture grid;
    DC_TRY(dcgan_read_picture(path, &grid));
    view v = choose_view(terminal, &grid, width, height);
    draw_blocks(terminal->stream, form, &v);
    dcgan_free(grid.pixels);
    return DCGAN_OK;
}

/* ---- Pictures ---------------------------------------------------------------------------------------- */

/* In chunks; q=2: the terminal shall not answer. */
static void send_kitty(FILE *stream, const dc_mapping *png, int columns)
{
    for (size_t sent = 0; sent < png->size; sent += KITTY_CHUNK_BYTES) {
        size_t left = png->size - sent, size = left < KITTY_CHUNK_BYTES ? left : KITTY_CHUNK_BYTES;
        fputs("\x1b_G", stream);
        if (sent == 0)
            fprintf(stream, "a=T,f=100,q=2,c=%d,", columns);
        fprintf(stream, "m=%d;", left > size);
        dc_base64_print(stream, png->data + sent, size);
        fputs("\x1b\\", stream);
    }
}

static void send_inline(FILE *stream, const dc_mapping *png, int columns)
{
    fprintf(stream, "\x1b]1337;File=inline=1;size=%zu;width=%d;preserveAspectRatio=1:", png->size, columns);
    dc_base64_print(stream, png->data, png->size);
    fputc('\a', stream);
}

static dc_status preview_picture(const dc_terminal *terminal, dc_preview_form form, const char *path)
{
    enum { WIDTH_AT = 16 }; /* of the big-endian width in a PNG file */
    dc_mapping png;
    DC_TRY(dc_file_map(path, &png));
    if (png.size >= WIDTH_AT + 4) {
        const uint8_t *at = png.data + WIDTH_AT;
        int width = at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
        int columns = at_least_one(least((int)dc_terminal_width(terminal), width / CELL_WIDTH));
        (form == DC_PREVIEW_KITTY ? send_kitty : send_inline)(terminal->stream, &png, columns);
        fputc('\n', terminal->stream);
    }
    dc_file_unmap(&png);
    return DCGAN_OK;
}

dc_status dc_preview_draw(const dc_terminal *terminal, dc_preview_form form, const char *path, int width, int height)
{
    bool blocks = form == DC_PREVIEW_BLOCKS_256 || form == DC_PREVIEW_BLOCKS_RGB;
    dc_status status =
        blocks ? preview_blocks(terminal, form, path, width, height) : preview_picture(terminal, form, path);
    fflush(terminal->stream);
    return status;
}
