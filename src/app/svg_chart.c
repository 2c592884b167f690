/* svg_chart.c - see svg_chart.h. */
#include "app/svg_chart.h"

#include "app/html.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { WIDTH = 520, HEIGHT = 270, LEFT = 46, RIGHT = 12, TOP = 10, BOTTOM = 40 };
enum { PLOT_WIDTH = WIDTH - LEFT - RIGHT, PLOT_HEIGHT = HEIGHT - TOP - BOTTOM };

typedef struct plot {
    const dc_svg_chart *chart;
    double x0, x1, top; /* of the axes; y begins at 0 */
} plot;

static double place_x(const plot *p, double x)
{
    return LEFT + (x - p->x0) / (p->x1 - p->x0) * PLOT_WIDTH;
}

/* What is beyond the top is cut there. */
static double place_y(const plot *p, double y)
{
    return TOP + (1 - fmin(fmax(y / p->top, 0), 1)) * PLOT_HEIGHT;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What 98% of the means need, and some air: a spike must not flatten the rest. */
static double choose_top(const dc_svg_chart *chart)
{
    size_t n = 0;
    double top = chart->least_top, *means = malloc((chart->count * chart->series_count + 1) * sizeof *means);
    for (size_t s = 0; means && s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++)
            if (isfinite(chart->series[s].values[i].mean))
                means[n++] = chart->series[s].values[i].mean;
    if (n) {
        qsort(means, n, sizeof *means, compare);
        top = fmax(top, 1.15 * means[(size_t)((double)(n - 1) * 0.98)]);
    }
    free(means);
    return top > 0 ? top : 1;
}

/* 1, 2 or 5 times a power of ten. */
static double nice_step(double extent, int wanted)
{
    double rough = extent / wanted, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

static void print_tick(FILE *out, double value, double step)
{
    double unit = value >= 1e6 ? 1e6 : value >= 1e4 ? 1e3 : 1;
    int decimals = (int)fmax(0, ceil(-log10(step / unit) - 1e-9));
    fprintf(out, "%.*f%s</text>\n", decimals, value / unit, unit > 1e3 ? "M" : unit > 1 ? "k" : "");
}

static void print_axes(FILE *out, const plot *p)
{
    double step = nice_step(p->top, 5);
    for (int i = 0; i * step <= p->top * 1.0001; i++) {
        double y = i * step;
        fprintf(out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, WIDTH - RIGHT,
                place_y(p, y), place_y(p, y));
        fprintf(out, "<text class=\"left\" x=\"%d\" y=\"%.1f\">", LEFT - 6, place_y(p, y) + 4);
        print_tick(out, y, step);
    }
    step = fmax(1, nice_step(p->x1 - p->x0, 5));
    double first = ceil(p->x0 / step) * step;
    for (int i = 0; first + i * step <= p->x1; i++) {
        double x = first + i * step;
        fprintf(out, "<text class=\"below\" x=\"%.1f\" y=\"%d\">", place_x(p, x), TOP + PLOT_HEIGHT + 18);
        print_tick(out, x, step);
    }
    fprintf(out, "<text class=\"below\" x=\"%d\" y=\"%d\">step</text>\n", LEFT + PLOT_WIDTH / 2, HEIGHT - 4);
}

/* The range of each point, there along the top and back along the bottom. */
static void print_band(FILE *out, const plot *p, const dc_svg_series *series)
{
    fprintf(out, "<path class=\"band-%d\" d=\"", series->colour);
    char command = 'M';
    for (size_t i = 0; i < p->chart->count; i++)
        if (isfinite(series->values[i].mean)) {
            fprintf(out, "%c%.1f %.1f", command, place_x(p, p->chart->x[i]), place_y(p, series->values[i].most));
            command = 'L';
        }
    for (size_t i = p->chart->count; i-- > 0;)
        if (isfinite(series->values[i].mean))
            fprintf(out, "L%.1f %.1f", place_x(p, p->chart->x[i]), place_y(p, series->values[i].least));
    fputs(command == 'L' ? "Z\"/>\n" : "\"/>\n", out);
}

static void print_line(FILE *out, const plot *p, const dc_svg_series *series)
{
    fprintf(out, "<path class=\"line-%d\" d=\"", series->colour);
    bool joined = false;
    for (size_t i = 0; i < p->chart->count; i++) {
        bool finite = isfinite(series->values[i].mean);
        if (finite)
            fprintf(out, "%c%.1f %.1f", joined ? 'L' : 'M', place_x(p, p->chart->x[i]),
                    place_y(p, series->values[i].mean));
        joined = finite;
    }
    fputs("\"/>\n", out);
}

static void print_legend(FILE *out, const dc_svg_chart *chart)
{
    fputs("<p class=\"legend\">", out);
    for (size_t s = 0; s < chart->series_count; s++) {
        fprintf(out, "<span><i class=\"swatch-%d\"></i>", chart->series[s].colour);
        dc_html_text(out, chart->series[s].label);
        fputs("</span>\n", out);
    }
    fputs("</p>\n", out);
}

void dc_svg_chart_print(FILE *out, const dc_svg_chart *chart)
{
    plot p = {.chart = chart, .x0 = chart->x[0], .x1 = chart->x[chart->count - 1], .top = choose_top(chart)};
    if (p.x1 <= p.x0)
        p.x1 = p.x0 + 1;
    fputs("<figure class=\"chart\">\n", out);
    dc_html_element(out, "h3", NULL, chart->title);
    print_legend(out, chart);
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    dc_html_text(out, chart->title);
    fputs("\">\n", out);
    print_axes(out, &p);
    for (size_t s = 0; s < chart->series_count; s++)
        print_band(out, &p, &chart->series[s]);
    for (size_t s = 0; s < chart->series_count; s++)
        print_line(out, &p, &chart->series[s]);
    fputs("</svg>\n", out);
    dc_html_element(out, "figcaption", NULL, chart->about);
    fputs("</figure>\n", out);
}
