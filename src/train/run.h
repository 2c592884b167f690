/* run.h - the run directory: its paths, its lock, its two logs. What each file holds: docs/run-directory.md. */
#ifndef DC_TRAIN_RUN_H
#define DC_TRAIN_RUN_H

#include "train/health.h"
#include "train/history.h"

#include <jansson.h>

typedef struct dc_run dc_run;

/* Makes and locks a new run directory with its folders; a directory that is not empty is refused. Until it
 * is kept, closing removes it again: a training that could not begin leaves nothing behind. */
dc_status dc_run_create(const char *directory, dc_run **ret_run);
void dc_run_keep(dc_run *run);
/* Locks an existing one. */
dc_status dc_run_open(const char *directory, dc_run **ret_run);
void dc_run_close(dc_run *run);

const char *dc_run_directory(const dc_run *run);
/* A file of the run, "%s/config.json"-like: dc_run_file(run, &path, "samples/epoch_%04d.png", 3). free(). */
__attribute__((format(printf, 3, 4))) dc_status dc_run_file(const dc_run *run, char **ret_path, const char *format,
                                                            ...);

/* Writes a file of the run completely or not at all. */
dc_status dc_run_write(const dc_run *run, const char *name, const char *text);

/* Appends to a log; a line that cannot be written whole is taken back. */
dc_status dc_run_log_metrics(dc_run *run, const dc_metrics *metrics);
/* Adds `clock` and consumes the object. */
dc_status dc_run_log_event(dc_run *run, json_t *event);

/* Drops metrics beyond `step` (and a torn last line); history and health are as they were at that step. */
dc_status dc_run_rewind(dc_run *run, uint64_t step, dc_history *history, dc_health *health);

/* Steps of the checkpoints present, newest first. Free with free(). */
dc_status dc_run_checkpoints(const char *directory, uint64_t **ret_steps, size_t *ret_count);
dc_status dc_run_checkpoint_path(const char *directory, uint64_t step, char **ret_path);
/* Of the checkpoints up to `step`, deletes all but the newest `keep`; and temporary files a killed training
 * left. Those beyond `step` could not be used when the run was resumed: they do not count, and the training will
 * replace them. */
void dc_run_prune(const dc_run *run, uint64_t step, size_t keep);

#endif
