/* skipped.h - the list of what was not used, and why.
 *
 * While it grows, and in the cache file, the list is one text: path, NUL, reason, NUL, and so on. */
#ifndef DC_TRAIN_SKIPPED_H
#define DC_TRAIN_SKIPPED_H

#include "train/dataset.h"

#include <stdio.h>

typedef struct dc_skip_text {
    FILE *stream;
    char *text;  /* valid after dc_skip_text_flush */
    size_t size; /* bytes */
} dc_skip_text;

/* The list must stay where it is while it is open. */
dc_status dc_skip_text_open(dc_skip_text *skips);
dc_status dc_skip_text_add(dc_skip_text *skips, const char *path, const char *reason);
/* Adds all of a flushed text. */
dc_status dc_skip_text_add_all(dc_skip_text *skips, const dc_skip_text *more);
dc_status dc_skip_text_flush(dc_skip_text *skips);
void dc_skip_text_close(dc_skip_text *skips);

/* The entries of such a text in the order of their paths; they point into the text. Fails if the text is
 * not one. Free with free(). */
dc_status dc_skipped_parse(const char *text, size_t size, dc_skipped **ret_skipped, size_t *ret_count);

#endif
