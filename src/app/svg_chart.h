/* svg_chart.h - a line chart as inline SVG. Colours are classes of report.css: "line-0", "band-0", ... */
#ifndef DC_APP_SVG_CHART_H
#define DC_APP_SVG_CHART_H

#include <stddef.h>
#include <stdio.h>

/* One value of a series, with the range of what it stands for; NaN leaves a gap. */
typedef struct dc_value {
    double mean, least, most;
} dc_value;

typedef struct dc_svg_series {
    const char *label;
    int colour;             /* of the class */
    const dc_value *values; /* one for each x */
} dc_svg_series;

typedef struct dc_svg_chart {
    const char *title, *about; /* what it shows, and how to read it */
    const double *x;           /* ascending */
    size_t count;
    const dc_svg_series *series;
    size_t series_count;
    double least_top; /* the y axis goes from 0 to this at least */
} dc_svg_chart;

/* A <figure> with title, legend, chart and explanation. */
void dc_svg_chart_print(FILE *out, const dc_svg_chart *chart);

#endif
