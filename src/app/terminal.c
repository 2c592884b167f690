/* terminal.c - see terminal.h. */
#include "app/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define DEFAULT_WIDTH  80
#define DEFAULT_HEIGHT 24

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

dc_terminal dc_terminal_open(FILE *stream)
{
    const char *type = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool live = isatty(fileno(stream)) && type && *type && strcmp(type, "dumb") != 0;
    return (dc_terminal){.stream = stream, .live = live, .colour = live && !(no_colour && *no_colour)};
}

size_t dc_terminal_width(const dc_terminal *terminal)
{
    struct winsize size;
    if (ioctl(fileno(terminal->stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_WIDTH;
    return size.ws_col;
}

size_t dc_terminal_height(const dc_terminal *terminal)
{
    struct winsize size;
    if (ioctl(fileno(terminal->stream), TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return DEFAULT_HEIGHT;
    return size.ws_row;
}

bool dc_terminal_is_due(const dc_terminal *terminal)
{
    return terminal->live && now() - terminal->drawn_at >= REDRAW_SECONDS;
}

/* A terminal made narrower since has folded the line: its rows above the cursor go too. */
static void erase(dc_terminal *terminal)
{
    size_t rows = terminal->drawn / dc_terminal_width(terminal);
    if (rows)
        fprintf(terminal->stream, "\x1b[%zuA", rows);
    fputs("\r\x1b[J", terminal->stream);
    terminal->drawn = 0;
}

void dc_terminal_draw(dc_terminal *terminal, const char *line)
{
    if (!terminal->live)
        return;
    erase(terminal);
    size_t width = dc_terminal_width(terminal) - 1, length = strlen(line);
    terminal->drawn = length < width ? length : width;
    fprintf(terminal->stream, "%.*s", (int)terminal->drawn, line);
    fflush(terminal->stream);
    terminal->drawn_at = now();
}

void dc_terminal_clear(dc_terminal *terminal)
{
    if (!terminal->drawn)
        return;
    erase(terminal);
    fflush(terminal->stream); /* standard error may come next */
}

const char *dc_terminal_colour(const dc_terminal *terminal, dc_colour colour)
{
    static const char *const codes[] = {"\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[33m"};
    return terminal->colour ? codes[colour] : "";
}

void dc_terminal_print_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x20 && c != '\n') || c == 0x7f)
            fprintf(stream, "\\x%02x", c);
        else
            fputc(c, stream);
    }
}
