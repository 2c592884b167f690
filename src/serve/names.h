/* names.h - which names may be asked for: runs and the files of a run directory that are shown. Pure. */
#ifndef DC_SERVE_NAMES_H
#define DC_SERVE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define DC_NAME_SIZE 256 /* NAME_MAX and the terminator */

/* One component of a path that is not hidden: no slash, no leading dot. */
bool dc_name_is_component(const char *name);
/* Prefix, one to nine digits, suffix: "epoch_0012.png". */
bool dc_name_is_numbered(const char *name, const char *prefix, const char *suffix, uint64_t *ret_number);
/* A file of docs/run-directory.md that the page shows as it is. */
bool dc_name_is_served(const char *file);

#endif
