/* run_samples.h - the grids of samples that a run directory holds: RUN/samples/epoch_NNNN.png. */
#ifndef DC_APP_RUN_SAMPLES_H
#define DC_APP_RUN_SAMPLES_H

#include "base/status.h"

typedef struct dc_run_samples {
    uint64_t *epochs; /* ascending */
    size_t count;
} dc_run_samples;

/* Fails if `run` is no run directory, or has none yet. */
dc_status dc_run_samples_list(const char *run, dc_run_samples *ret_samples);
void dc_run_samples_free(dc_run_samples *samples);

/* Path of an epoch's grid; free(). */
dc_status dc_run_samples_path(const char *run, uint64_t epoch, char **ret_path);

#endif
