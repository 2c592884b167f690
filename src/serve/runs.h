/* runs.h - the runs that are shown: found, watched, and opened without ever leaving their directories.
 *
 * Reads only. The folder that was asked for may be anywhere; below it no symbolic link is followed. May call
 * events, curves, lines, base. */
#ifndef DC_SERVE_RUNS_H
#define DC_SERVE_RUNS_H

#include "serve/curves.h"
#include "serve/events.h"

#define DC_MAX_RUNS 1000

/* What tells that something of a run has changed. */
typedef struct dc_stamp {
    int64_t metrics_size, metrics_time, events_size, events_time; /* bytes; nanoseconds */
    int64_t samples_time, generator_time, config_time;
    const char *state; /* "running", "done", "stopped", "diverged", "interrupted", "waiting" */
} dc_stamp;

typedef struct dc_listed {
    char *name;
    dc_stamp stamp;
    uint64_t version; /* grows with every change of any run */
    bool seen;        /* in the last scan */
    dc_events events;
    dc_row last;       /* the newest row of the metrics; step 0 if there is none */
    dc_curves *curves; /* NULL until asked for, and after others needed the memory */
    uint64_t used;     /* when the metrics were asked for last */
} dc_listed;

typedef struct dc_runs dc_runs;

/* `path`: a run directory, or a directory with run directories in it. */
dc_status dc_runs_open(const char *path, dc_runs **ret_runs);
void dc_runs_close(dc_runs *runs);

/* Looks for what is new. A path that has gone is a set of no runs. */
void dc_runs_scan(dc_runs *runs);
/* Grows whenever a run was changed; dc_runs_membership when one came or went. */
uint64_t dc_runs_version(const dc_runs *runs);
uint64_t dc_runs_membership(const dc_runs *runs);

/* In the order of their names. */
size_t dc_runs_count(const dc_runs *runs);
const dc_listed *dc_runs_at(const dc_runs *runs, size_t index);
/* NULL if there is none of that name. */
dc_listed *dc_runs_find(const dc_runs *runs, const char *name);

/* Opens a regular file of a run, "samples/epoch_0001.png". The message names the run and the file. */
dc_status dc_listed_open(const dc_runs *runs, const dc_listed *run, const char *file, int *ret_fd);
/* The path to show in messages and to open by other means once dc_listed_open has proved it; free(). */
dc_status dc_listed_path(const dc_runs *runs, const dc_listed *run, const char *file, char **ret_path);

/* The numbers N of the files of one of the run's folders named prefix, N, suffix; sorted; free(). */
dc_status dc_listed_numbered(const dc_runs *runs, const dc_listed *run, const char *folder, const char *prefix,
                             const char *suffix, uint64_t **ret_numbers, size_t *ret_count);

/* The metrics up to now, read as far as needed, and the file they are of. */
dc_status dc_listed_curves(dc_runs *runs, dc_listed *run, const dc_curves **ret_curves, int *ret_fd);

#endif
