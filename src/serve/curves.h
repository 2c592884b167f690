/* curves.h - metrics.jsonl of one run, summed up in little memory and handed out at any zoom.
 *
 * The store keeps a summary of every 16 rows: about 10 bytes a row. A narrow range is read from the file
 * again, a wide one is put together from the summaries; both through the same binning. May call lines, row,
 * base. */
#ifndef DC_SERVE_CURVES_H
#define DC_SERVE_CURVES_H

#include "serve/lines.h"
#include "serve/row.h"

#define DC_MAX_WIDTH 2048

/* Of the finite values of one column. */
typedef struct dc_summary {
    float minimum, maximum, sum;
    uint32_t count; /* 0: there are none, and the others mean nothing */
} dc_summary;

typedef struct dc_curves dc_curves;

dc_status dc_curves_create(dc_curves **ret_curves);
void dc_curves_free(dc_curves *curves);
size_t dc_curves_bytes(const dc_curves *curves);

/* Reads what was appended to the file since, or all of it again if it was cut or replaced. */
dc_status dc_curves_refresh(dc_curves *curves, int fd, const char *name);

typedef enum dc_axis { DC_AXIS_STEP, DC_AXIS_TIME } dc_axis;

typedef struct dc_range {
    dc_axis axis;
    double from, to; /* to < from: to the last row */
    int width;       /* bins wanted, about: 1..DC_MAX_WIDTH */
} dc_range;

/* Columns over equal bins. Bins are a power of two wide and begin at its multiples, so that they stay put
 * while a run grows and are the same for all runs. Bin i is centred on x0 + i dx. */
typedef struct dc_bins {
    double x0, dx;
    int count;
    double last;                         /* of the axis in the whole file */
    uint64_t rows;                       /* in the whole file */
    uint64_t unreadable;                 /* lines that were skipped */
    dc_summary (*bins)[DC_COLUMN_COUNT]; /* (count); to be freed */
} dc_bins;

/* `fd` is the file last refreshed from. */
dc_status dc_curves_bin(const dc_curves *curves, int fd, const char *name, const dc_range *range, dc_bins *ret_bins);

#endif
