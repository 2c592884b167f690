/* events.h - events.jsonl of one run: where it stands, and what it had to say. May call lines, base. */
#ifndef DC_SERVE_EVENTS_H
#define DC_SERVE_EVENTS_H

#include "serve/lines.h"

#include <jansson.h>

#define DC_MAX_REMARKS 500 /* notes and warnings kept: the newest */

typedef struct dc_events {
    dc_tail tail;
    bool started; /* there was a `started`; what follows is of the last one */
    int64_t pid;
    uint64_t steps, epochs, batches; /* planned */
    char device[96];
    char finished[16]; /* "done", "stopped", "diverged", or "" */
    uint64_t epochs_done;
    uint64_t warnings;   /* in all */
    uint64_t unreadable; /* lines that were skipped */
    json_t *remarks;     /* of {kind, cause, text, step, epoch, clock}, or NULL */
} dc_events;

void dc_events_clear(dc_events *events);

/* Reads what was appended to the file since, or all of it again if it was cut or replaced. */
dc_status dc_events_refresh(dc_events *events, int fd, const char *name);

/* Takes one line in. */
void dc_events_take(dc_events *events, const char *line, size_t length);

#endif
