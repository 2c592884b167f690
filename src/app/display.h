/* display.h - tells people how a training goes, from its events; on a terminal with --preview with pictures, too.
 *
 * On a terminal: one live line, and one that stays for each epoch. Else: a line every `log_every` batches and
 * one for every event. Warnings go to standard error. */
#ifndef DC_APP_DISPLAY_H
#define DC_APP_DISPLAY_H

#include "app/arguments.h"
#include "app/terminal.h"
#include "base/status.h"

#include <limits.h>

typedef struct dc_display {
    dc_terminal terminal;
    dc_terminal errors;
    bool quiet, preview;
    int width, height;      /* of a picture */
    uint64_t log_every;     /* batches */
    double lr;              /* learning rate */
    uint64_t skipped;       /* pictures */
    char run[PATH_MAX];     /* its directory, once training has started */
    char samples[NAME_MAX]; /* the newest picture of samples within it, or "" */
    bool saved;             /* there is a checkpoint */
    dcgan_progress last;    /* the newest step */
} dc_display;

/* `config` is that of the training to be shown; --quiet and --preview of the arguments count. */
dc_status dc_display_open(dc_display *display, const dcgan_config *config, const dc_arguments *arguments);
/* A dcgan_event_fn; `context` is a dc_display. */
void dc_display_event(void *context, const dcgan_event *event);

/* What was trained, where it lies, and what to do next. `status` is what the training returned. */
void dc_display_summary(dc_display *display, const char *run, dcgan_status status);

#endif
