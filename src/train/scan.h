/* scan.h - the files in given places and everything below them, each once, in the order of their paths.
 *
 * Order is by the bytes of the absolute path: the same for every locale, file system and spelling of the
 * places. Only regular files are listed; nothing but folders is opened. Names with a leading dot are passed
 * over in silence, everything else that cannot be used is listed with its reason. */
#ifndef DC_TRAIN_SCAN_H
#define DC_TRAIN_SCAN_H

#include "train/skipped.h"

#include <sys/types.h>

typedef struct dc_scan_file {
    char *path;
    uint64_t stamp; /* XXH3 of size, modification time, owner and mode: changes when the file does */
    dev_t device;   /* with the inode: which file this is, whatever its path */
    ino_t inode;
} dc_scan_file;

typedef struct dc_scan {
    char **places; /* absolute, sorted, each once */
    size_t place_count;
    bool demo_faces; /* DCGAN_DEMO_FACES was among the places */
    dc_scan_file *files;
    size_t file_count;
    size_t folder_count; /* folders that were read */
    dc_skip_text skipped;
} dc_scan;

/* A place that does not exist is an error, and found before anything is read. */
dc_status dc_scan_places(const char *const *paths, size_t path_count, dc_scan **ret_scan);
void dc_scan_free(dc_scan *scan);

#endif
