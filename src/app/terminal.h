/* terminal.h - where the program talks: lines that stay and, on a terminal, one line below them that changes.
 *
 * The live line is ASCII, never as wide as the terminal (so it cannot wrap), and redrawn at most ten times a
 * second. Text of others (file names) is printed with its control characters made visible. */
#ifndef DC_APP_TERMINAL_H
#define DC_APP_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef enum dc_colour { DC_PLAIN, DC_BOLD, DC_RED, DC_YELLOW } dc_colour;

typedef struct dc_terminal {
    FILE *stream;
    bool live;       /* a terminal that understands cursor movements */
    bool colour;     /* live, and NO_COLOR is not set */
    size_t drawn;    /* columns of the live line on screen */
    double drawn_at; /* seconds */
} dc_terminal;

dc_terminal dc_terminal_open(FILE *stream);
/* Columns to fill, asked anew each time: people resize windows. */
size_t dc_terminal_width(const dc_terminal *terminal);
size_t dc_terminal_height(const dc_terminal *terminal);

/* Whether the live line may be redrawn now. */
bool dc_terminal_is_due(const dc_terminal *terminal);
void dc_terminal_draw(dc_terminal *terminal, const char *line);
/* Takes the live line away; to be called before anything else is printed. */
void dc_terminal_clear(dc_terminal *terminal);

/* Codes that switch a colour on, or DC_PLAIN's: back to normal; "" where colours are off. */
const char *dc_terminal_colour(const dc_terminal *terminal, dc_colour colour);

/* Prints text, control characters but line feeds as \xNN. */
void dc_terminal_print_text(FILE *stream, const char *text);

#endif
