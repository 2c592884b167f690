/* fuzz_metrics.c - any bytes as a line of metrics.jsonl: what is accepted can be printed, and what was
 * printed is read back the same. */
#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints a line and reads it. */
static dc_metrics round_trip(const dc_metrics *metrics)
{
    char line[DC_METRICS_LINE];
    dc_metrics back;
    size_t length = dc_metrics_print(metrics, line);
    if (length >= sizeof line || line[length - 1] != '\n' || !dc_metrics_parse(line, length - 1, &back))
        abort();
    return back;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dc_metrics metrics;
    if (!dc_metrics_parse((const char *)data, size, &metrics))
        return 0;
    dc_metrics a = round_trip(&metrics), b = round_trip(&a); /* the first one rounds */
    bool whole = a.step == metrics.step && a.epoch == metrics.epoch && a.batch == metrics.batch &&
                 same(a.time, b.time) && same(a.loss_d, b.loss_d) && same(a.loss_g, b.loss_g) &&
                 same(a.d_real, b.d_real) && same(a.d_fake, b.d_fake) && same(a.d_fake_after, b.d_fake_after) &&
                 same(a.sign_real, b.sign_real) && same(a.images_per_second, b.images_per_second);
    if (!whole)
        abort();
    return 0;
}
