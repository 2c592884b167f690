/* lines.h - reads a file of lines that another process appends to, and may cut or replace at any time.
 *
 * Files are read, never mapped: one that is cut while mapped would end the server. May call base only. */
#ifndef DC_SERVE_LINES_H
#define DC_SERVE_LINES_H

#include "base/status.h"

#include <stdbool.h>
#include <sys/types.h>

#define DC_LINE_LIMIT (128 << 10) /* bytes; a longer line is skipped */

/* A complete line without its newline, and where in the file it begins. False ends the reading. */
typedef bool (*dc_line_fn)(void *context, const char *line, size_t length, uint64_t offset);

/* Reads the complete lines from `offset` on; ret_end: just behind the last of them. `name` is for messages. */
dc_status dc_lines_read(int fd, const char *name, uint64_t offset, dc_line_fn fn, void *context, uint64_t *ret_end);

/* A place in a growing file, with what is needed to notice that the file is not the one it was. */
typedef struct dc_tail {
    uint64_t offset; /* behind the last complete line read */
    ino_t inode;
    size_t guard_length;
    char guard[64]; /* the bytes before offset */
} dc_tail;

/* True if the file no longer begins with what was read: begin again with a zeroed tail. */
bool dc_tail_is_stale(const dc_tail *tail, int fd);
/* Reads what was appended. */
dc_status dc_tail_read(dc_tail *tail, int fd, const char *name, dc_line_fn fn, void *context);

#endif
