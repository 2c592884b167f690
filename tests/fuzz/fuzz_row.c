/* fuzz_row.c - any bytes as a line of metrics.jsonl for the dashboard's fast reader: what it accepts has a
 * usable step and no infinity, and where jansson accepts the line, too, both read the same numbers. */
#include "serve/row.h"

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool agree(double ours, const json_t *theirs)
{
    if (!json_is_number(theirs))
        return isnan(ours);
    double value = json_number_value(theirs);
    return fabs(ours - value) <= 1e-12 * fabs(value) + 1e-300;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dc_row row;
    if (!dc_row_parse((const char *)data, size, &row))
        return 0;
    if (!(row.step >= 1) || row.step != floor(row.step))
        abort();
    json_t *line = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    bool plain = line && !memchr(data, '\\', size); /* an escaped name is not decoded: it is a field unknown */
    for (int i = 0; i < DC_COLUMN_COUNT; i++)
        if (isinf(row.values[i]) || (plain && !agree(row.values[i], json_object_get(line, dc_column_name(i)))))
            abort();
    json_decref(line);
    return 0;
}
