/* metrics.h - one line of metrics.jsonl, written and read. */
#ifndef DC_TRAIN_METRICS_H
#define DC_TRAIN_METRICS_H

#include "base/status.h"

#include <stdbool.h>

/* Fields and units: docs/run-directory.md. A number that is not finite is written as null and read as NaN. */
typedef struct dc_metrics {
    uint64_t step, epoch, batch;
    double time;
    double loss_d, loss_g;
    double d_real, d_fake, d_fake_after;
    double sign_real;
    double images_per_second;
} dc_metrics;

#define DC_METRICS_LINE 512 /* bytes that hold any line */

/* The line, newline included; returns its length. */
size_t dc_metrics_print(const dc_metrics *metrics, char ret_line[DC_METRICS_LINE]);
/* False if it is not such a line (without its newline). */
bool dc_metrics_parse(const char *line, size_t length, dc_metrics *ret_metrics);

#endif
