/* chart.h - a line chart as a PNG (drawn with libgd): losses and scores over the steps of a training. */
#ifndef DC_IMAGE_CHART_H
#define DC_IMAGE_CHART_H

#include "base/status.h"

typedef struct dc_series {
    const char *label;
    uint32_t color;       /* 0xRRGGBB */
    const double *values; /* NaN leaves a gap */
} dc_series;

/* Draws `count` points of each series over x. Long series are drawn as the range of each pixel column plus
 * their running mean. Writes the file completely or not at all. */
dc_status dc_chart_write(const char *path, const char *title, const char *x_label, const double *x, size_t count,
                         const dc_series *series, size_t series_count);

#endif
