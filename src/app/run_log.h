/* run_log.h - what a run directory says of its training: the curves of metrics.jsonl in bounded memory, and
 * events.jsonl. Field by field: docs/run-directory.md. Lines that cannot be read are passed over. */
#ifndef DC_APP_RUN_LOG_H
#define DC_APP_RUN_LOG_H

#include "base/status.h"

#include <jansson.h>

typedef enum dc_curve {
    DC_CURVE_LOSS_D,
    DC_CURVE_LOSS_G,
    DC_CURVE_D_REAL,
    DC_CURVE_D_FAKE,
    DC_CURVE_D_FAKE_AFTER,
    DC_CURVE_SPEED,
    DC_CURVE_COUNT
} dc_curve;

/* Of the finite values of some steps that follow each other. */
typedef struct dc_span {
    double least, most, sum;
    uint64_t count; /* 0: there are none */
} dc_span;

#define DC_RUN_LOG_POINTS 512

typedef struct dc_point {
    uint64_t step; /* the first of those it stands for */
    dc_span curves[DC_CURVE_COUNT];
} dc_point;

typedef struct dc_evaluation {
    uint64_t step;
    double diversity;
} dc_evaluation;

typedef struct dc_run_log {
    dc_point points[DC_RUN_LOG_POINTS];
    size_t point_count;
    uint64_t stride; /* steps in a point */
    uint64_t steps, last_step, epochs_done;
    double seconds; /* of training */

    json_t *started; /* the newest event of that name, or NULL */
    uint64_t starts; /* how many */
    char state[16];  /* "done", "stopped", "diverged", or "" */
    json_t *remarks; /* array of the notes and warnings */
    dc_evaluation *evaluations;
    size_t evaluation_count;
} dc_run_log;

dc_status dc_run_log_read(const char *run, dc_run_log **ret_log);
void dc_run_log_free(dc_run_log *log);

#endif
