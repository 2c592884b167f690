/* configure.h - from the command line to a configuration. */
#ifndef DC_APP_CONFIGURE_H
#define DC_APP_CONFIGURE_H

#include "app/arguments.h"

/* The preset (--preset, else `preset`), then the file of --config, then the settings given as options: the later
 * wins, in whatever order they stand on the line. */
dc_status dc_configure(const dc_arguments *arguments, const char *preset, dcgan_config **ret_config);

/* Sets "out" to a directory that is not there yet unless it is set: STEM if `bare` and it is free, else the first
 * free one of STEM-1 (-2 if bare), STEM-2, ... */
dc_status dc_configure_out(dcgan_config *config, const char *stem, bool bare);

#endif
