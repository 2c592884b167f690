/* file.h - files: whole reads, mapping, and writes that are there completely or not at all.
 *
 * Messages name the path. A write goes to a temporary file beside the target, is synced, renamed over it,
 * and the folder is synced: after a crash or a full disk the old file is still whole. */
#ifndef DC_BASE_FILE_H
#define DC_BASE_FILE_H

#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>

typedef struct dc_mapping {
    const uint8_t *data;
    size_t size; /* 0 for an empty file, with data not NULL */
} dc_mapping;

dc_status dc_file_map(const char *path, dc_mapping *ret_mapping);
void dc_file_unmap(dc_mapping *mapping);

bool dc_path_exists(const char *path);
bool dc_path_is_directory(const char *path);
/* "a" + "b" -> "a/b"; the formatted form: dc_path(&path, "%s/samples/%04d.png", run, 3). Free with free(). */
__attribute__((format(printf, 2, 3))) dc_status dc_path(char **ret_path, const char *format, ...);
dc_status dc_path_list(char **ret_path, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* Creates a directory and its parents; no error if it is there. */
dc_status dc_make_directory(const char *path);

/* A write in progress. Begin, add parts, then commit; abandon (or a failure) leaves the target as it was. */
typedef struct dc_writer dc_writer;
dc_status dc_writer_open(const char *path, dc_writer **ret_writer);
dc_status dc_writer_add(dc_writer *writer, const void *data, size_t size);
/* Consumes the writer, whatever it returns. */
dc_status dc_writer_commit(dc_writer *writer);
/* The same without waiting for the disk: after a crash the file may be damaged. For what is checked when it is read
 * and can be made again. */
dc_status dc_writer_commit_unsynced(dc_writer *writer);
void dc_writer_abandon(dc_writer *writer);

/* All of the above for one block of bytes. */
dc_status dc_file_write(const char *path, const void *data, size_t size);

#endif
