/* row.h - one line of metrics.jsonl as numbers. A pure function of the text; may call nothing. */
#ifndef DC_SERVE_ROW_H
#define DC_SERVE_ROW_H

#include <stdbool.h>
#include <stddef.h>

typedef enum dc_column {
    DC_COLUMN_TIME, /* seconds of training */
    DC_COLUMN_EPOCH,
    DC_COLUMN_LOSS_D,
    DC_COLUMN_LOSS_G,
    DC_COLUMN_D_REAL,
    DC_COLUMN_D_FAKE,
    DC_COLUMN_D_FAKE_AFTER,
    DC_COLUMN_SIGN_REAL,
    DC_COLUMN_IMAGES_PER_SECOND,
    DC_COLUMN_COUNT
} dc_column;

typedef struct dc_row {
    double step;                    /* a whole number from 1 */
    double values[DC_COLUMN_COUNT]; /* NaN: null or missing */
} dc_row;

/* The column's name in metrics.jsonl. */
const char *dc_column_name(dc_column column);

/* False unless the line is one flat JSON object with a usable `step`. Unknown fields are passed over.
 * Numbers are read to float precision, several times faster than strtod would. */
bool dc_row_parse(const char *line, size_t length, dc_row *ret_row);

#endif
