/* cache_folder.h - the folder of this user's cache files. */
#ifndef DC_TRAIN_CACHE_FOLDER_H
#define DC_TRAIN_CACHE_FOLDER_H

#include "base/status.h"

#define DC_CACHE_ENDING ".pixels"

/* The first of $XDG_CACHE_HOME/dcgan (or ~/.cache/dcgan) and $TMPDIR/dcgan-UID that can be written; made if
 * need be. Free with free(). */
dc_status dc_cache_folder(char **ret_folder);

/* Removes cache files beside `path` that were not used for 60 days, and what interrupted writers left. */
void dc_cache_folder_tidy(const char *path);

#endif
