/* preview.h - pictures in the terminal: as pictures where it can show them, else in half blocks, two pixels to a
 * character. */
#ifndef DC_APP_PREVIEW_H
#define DC_APP_PREVIEW_H

#include "app/terminal.h"
#include "base/status.h"

typedef enum dc_preview_form {
    DC_PREVIEW_BLOCKS_256, /* of the 256 colours that nearly all terminals have */
    DC_PREVIEW_BLOCKS_RGB,
    DC_PREVIEW_KITTY,  /* kitty's graphics protocol */
    DC_PREVIEW_INLINE, /* iTerm2's inline pictures */
} dc_preview_form;

/* What the terminal can do, as the environment says. */
dc_preview_form dc_preview_best_form(void);

/* Draws a grid of pictures of width x height pixels from a PNG. Half blocks show only as many of them as can be
 * recognised in this terminal. */
dc_status dc_preview_draw(const dc_terminal *terminal, dc_preview_form form, const char *path, int width, int height);

#endif
