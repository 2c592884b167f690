/* conduct.h - what train, demo and resume have in common: run to the end or until a signal, then sum up. */
#ifndef DC_APP_CONDUCT_H
#define DC_APP_CONDUCT_H

#include "app/display.h"

/* Trains a new run of this configuration. The arguments say what is shown of it. */
dc_status dc_conduct_new(const dcgan_config *config, const dc_arguments *arguments);
/* Continues a run. `config` is the run's with the overrides; `overrides` are "key=value". */
dc_status dc_conduct_resume(const dcgan_config *config, const dc_arguments *arguments, const char *run,
                            const char *const *overrides, size_t override_count);

/* The signal that stopped the training, or 0. */
int dc_conduct_signal(void);

#endif
