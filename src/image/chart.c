/* chart.c - see chart.h. Shapes are drawn at twice the size and averaged, which smooths their edges; texts
 * are drawn after that, with libgd's built-in fonts. */
#include "image/chart.h"

#include "image/image.h"

#include "base/memory.h"

#include <gd.h>
#include <gdfontl.h>
#include <gdfonts.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 1000,
    HEIGHT = 560,
    LEFT = 72,
    RIGHT = 24,
    TOP = 64,
    BOTTOM = 56,
    PLOT_WIDTH = WIDTH - LEFT - RIGHT,
    PLOT_HEIGHT = HEIGHT - TOP - BOTTOM,
    DETAIL = 2,                /* shapes are drawn this much larger */
    DOT = 5 * DETAIL,          /* a point without neighbours */
    LONG = 2 * PLOT_WIDTH,     /* more points than this are drawn as ranges */
    SMOOTH = PLOT_WIDTH / 100, /* columns to either side in a running mean */
    RANGE_SAMPLE = 1 << 16,    /* values looked at to find the range */
    TICK_TEXT = 32,
    BACKGROUND = 0xffffff,
    GRID = 0xe4e7eb,
    FRAME = 0x9aa3ad,
    TEXT = 0x323a45,
};

typedef struct range {
    double low, high;
} range;

typedef struct plot {
    gdImagePtr canvas;
    range x, y;
} plot;

/* Neither NaN nor so large that differences overflow. */
static bool can_be_drawn(double value)
{
    return fabs(value) < 1e100;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A range of equal ends has no extent to divide by. */
static range widen_if_empty(double low, double high)
{
    double margin = high > low ? 0 : fmax(0.5, 0.1 * fabs(low));
    return (range){low - margin, high + margin};
}

/* All of it where the extremes are near, else what 98% of the values need: a spike must not flatten the rest. */
static range range_of_sorted(const double *values, size_t count)
{
    if (count == 0)
        return (range){0, 1};
    double low = values[(size_t)((double)(count - 1) * 0.01)], high = values[(size_t)((double)(count - 1) * 0.99)];
    double reach = 0.25 * (high - low);
    low = fmax(values[0], low - reach);
    high = fmin(values[count - 1], high + reach);
    double margin = 0.04 * (high - low);
    return widen_if_empty(low - margin, high + margin);
}

static dc_status range_of_series(const dc_series *series, size_t series_count, size_t count, range *ret_range)
{
    size_t total = count * series_count, step = total / RANGE_SAMPLE + 1, n = 0;
    double *values;
    DC_TRY(dc_alloc(total / step + 1, sizeof *values, (void **)&values));
    for (size_t i = 0; i < total; i += step) {
        double value = series[i / count].values[i % count];
        if (can_be_drawn(value))
            values[n++] = value;
    }
    qsort(values, n, sizeof *values, compare_doubles);
    *ret_range = range_of_sorted(values, n);
    free(values);
    return DCGAN_OK;
}

static range range_of_x(const double *x, size_t count)
{
    return count ? widen_if_empty(x[0], x[count - 1]) : (range){0, 1};
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` steps fit. */
static double nice_step(range r, int wanted)
{
    double rough = (r.high - r.low) / wanted, power = pow(10, floor(log10(rough))), digit = rough / power;
    return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10);
}

/* Positions on the finished picture, in pixels and their fractions. */
static double place_x(const plot *p, double x)
{
    return LEFT + (x - p->x.low) / (p->x.high - p->x.low) * (PLOT_WIDTH - 1);
}

/* Far values are kept near, for libgd counts in int. */
static double place_y(const plot *p, double y)
{
    double share = (y - p->y.low) / (p->y.high - p->y.low);
    return TOP + (1 - fmin(fmax(share, -1), 2)) * (PLOT_HEIGHT - 1);
}

static int fine(double position)
{
    return (int)lround(DETAIL * position);
}

static void draw_line(const plot *p, double x0, double y0, double x1, double y1, int color)
{
    gdImageLine(p->canvas, fine(x0), fine(y0), fine(x1), fine(y1), color);
}

/* Ticks are counted: sums of steps would drift. */
static long first_tick(range r, double step)
{
    return lround(ceil(r.low / step));
}

static void draw_grid(const plot *p, double step_x, double step_y)
{
    gdImageSetThickness(p->canvas, DETAIL);
    for (long i = first_tick(p->x, step_x); (double)i * step_x <= p->x.high; i++) {
        double x = place_x(p, (double)i * step_x);
        draw_line(p, x, TOP, x, TOP + PLOT_HEIGHT - 1, GRID);
    }
    for (long i = first_tick(p->y, step_y); (double)i * step_y <= p->y.high; i++) {
        double y = place_y(p, (double)i * step_y);
        draw_line(p, LEFT, y, LEFT + PLOT_WIDTH - 1, y, GRID);
    }
}

static void draw_points(const plot *p, const double *x, size_t count, const dc_series *s)
{
    bool joined = false; /* with the point before */
    for (size_t i = 0; i < count; i++) {
        double y = s->values[i];
        bool goes_on = can_be_drawn(y) && i + 1 < count && can_be_drawn(s->values[i + 1]);
        if (goes_on)
            draw_line(p, place_x(p, x[i]), place_y(p, y), place_x(p, x[i + 1]), place_y(p, s->values[i + 1]),
                      (int)s->color);
        else if (can_be_drawn(y) && !joined)
            gdImageFilledEllipse(p->canvas, fine(place_x(p, x[i])), fine(place_y(p, y)), DOT, DOT, (int)s->color);
        joined = goes_on;
    }
}

/* The values of a long series that fall on one column of pixels. */
typedef struct column {
    double low, high, sum;
    size_t count;
} column;

static void fill_columns(const plot *p, const double *x, size_t count, const dc_series *s, column *columns)
{
    for (size_t i = 0; i < count; i++) {
        double value = s->values[i];
        if (!can_be_drawn(value))
            continue;
        column *c = &columns[(int)fmin(fmax(place_x(p, x[i]) - LEFT, 0), PLOT_WIDTH - 1)];
        c->low = c->count ? fmin(c->low, value) : value;
        c->high = c->count ? fmax(c->high, value) : value;
        c->sum += value;
        c->count++;
    }
}

static void draw_band(const plot *p, const column *columns, uint32_t color)
{
    int faint = (int)(color | 96U << 24); /* libgd: 0 is opaque, 127 transparent */
    for (int i = 0; i < PLOT_WIDTH; i++)
        if (columns[i].count)
            gdImageFilledRectangle(p->canvas, fine(LEFT + i), fine(place_y(p, columns[i].high)), fine(LEFT + i + 1) - 1,
                                   fine(place_y(p, columns[i].low)), faint);
}

/* Mean of the values within SMOOTH columns; NaN if there are none. */
static double running_mean(const column *columns, int at)
{
    double sum = 0;
    size_t count = 0;
    for (int i = at - SMOOTH; i <= at + SMOOTH; i++) {
        if (i < 0 || i >= PLOT_WIDTH)
            continue;
        sum += columns[i].sum;
        count += columns[i].count;
    }
    return count ? sum / (double)count : NAN;
}

static void draw_means(const plot *p, const column *columns, uint32_t color)
{
    double before = NAN;
    for (int i = 0; i < PLOT_WIDTH; i++) {
        double mean = columns[i].count ? running_mean(columns, i) : NAN;
        if (isfinite(before) && isfinite(mean))
            draw_line(p, LEFT + i - 1, place_y(p, before), LEFT + i, place_y(p, mean), (int)color);
        before = mean;
    }
}

/* All bands first, so that no line is covered. */
static dc_status draw_long_series(const plot *p, const double *x, size_t count, const dc_series *series,
                                  size_t series_count)
{
    column *columns;
    DC_TRY(dc_alloc(series_count * PLOT_WIDTH, sizeof *columns, (void **)&columns));
    for (size_t s = 0; s < series_count; s++) {
        fill_columns(p, x, count, &series[s], columns + s * PLOT_WIDTH);
        draw_band(p, columns + s * PLOT_WIDTH, series[s].color);
    }
    for (size_t s = 0; s < series_count; s++)
        draw_means(p, columns + s * PLOT_WIDTH, series[s].color);
    free(columns);
    return DCGAN_OK;
}

static dc_status draw_series(const plot *p, const double *x, size_t count, const dc_series *series, size_t series_count)
{
    gdImageSetClip(p->canvas, fine(LEFT), fine(TOP), fine(LEFT + PLOT_WIDTH) - 1, fine(TOP + PLOT_HEIGHT) - 1);
    gdImageSetThickness(p->canvas, 2 * DETAIL);
    dc_status status = DCGAN_OK;
    if (count > LONG)
        status = draw_long_series(p, x, count, series, series_count);
    else
        for (size_t s = 0; s < series_count; s++)
            draw_points(p, x, count, &series[s]);
    gdImageSetClip(p->canvas, 0, 0, DETAIL * WIDTH - 1, DETAIL * HEIGHT - 1);
    return status;
}

static void draw_frame(const plot *p)
{
    gdImageSetThickness(p->canvas, DETAIL);
    draw_line(p, LEFT, TOP, LEFT, TOP + PLOT_HEIGHT, FRAME);
    draw_line(p, LEFT, TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT, FRAME);
}

static void draw_text(gdImagePtr picture, gdFontPtr font, int x, int y, const char *text)
{
    gdImageString(picture, font, x, y, (unsigned char *)text, TEXT);
}

static int text_width(gdFontPtr font, const char *text)
{
    return font->w * (int)strlen(text);
}

/* "0.25", "1,500" would be too wide: "1.5k", "2M". */
static void format_tick(double value, double step, double largest, char ret_text[TICK_TEXT])
{
    double unit = largest >= 1e6 ? 1e6 : largest >= 1e4 ? 1e3 : 1;
    const char *suffix = unit >= 1e6 ? "M" : unit >= 1e3 ? "k" : "";
    int decimals = (int)fmax(0, ceil(-log10(step / unit) - 1e-9));
    if (fabs(value) < step / 2)
        value = 0; /* no "-0" */
    if (decimals > 6 || largest >= 1e12)
        snprintf(ret_text, TICK_TEXT, "%.3g", value);
    else
        snprintf(ret_text, TICK_TEXT, "%.*f%s", decimals, value / unit, value == 0 ? "" : suffix);
}

static void write_ticks(const plot *p, gdImagePtr picture, double step_x, double step_y)
{
    gdFontPtr font = gdFontGetSmall();
    char text[TICK_TEXT];
    double largest = fmax(fabs(p->x.low), fabs(p->x.high));
    for (long i = first_tick(p->x, step_x); (double)i * step_x <= p->x.high; i++) {
        double x = (double)i * step_x;
        format_tick(x, step_x, largest, text);
        draw_text(picture, font, (int)place_x(p, x) - text_width(font, text) / 2, TOP + PLOT_HEIGHT + 6, text);
    }
    largest = fmax(fabs(p->y.low), fabs(p->y.high));
    for (long i = first_tick(p->y, step_y); (double)i * step_y <= p->y.high; i++) {
        double y = (double)i * step_y;
        format_tick(y, step_y, largest, text);
        draw_text(picture, font, LEFT - 8 - text_width(font, text), (int)place_y(p, y) - font->h / 2, text);
    }
}

static void write_legend(gdImagePtr picture, const dc_series *series, size_t series_count)
{
    enum { SWATCH = 18, SPACE = 24, Y = 38 };
    gdFontPtr font = gdFontGetSmall();
    int x = LEFT;
    for (size_t s = 0; s < series_count; s++) {
        gdImageFilledRectangle(picture, x, Y + font->h / 2 - 1, x + SWATCH - 1, Y + font->h / 2 + 1,
                               (int)series[s].color);
        draw_text(picture, font, x + SWATCH + 6, Y, series[s].label);
        x += SWATCH + 6 + text_width(font, series[s].label) + SPACE;
    }
}

static dc_status write_picture(const char *path, gdImagePtr picture)
{
    uint8_t *rgb;
    DC_TRY(dc_alloc((size_t)WIDTH * HEIGHT, 3, (void **)&rgb));
    uint8_t *next = rgb;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int color = gdImageTrueColorPixel(picture, x, y);
            *next++ = (uint8_t)gdTrueColorGetRed(color);
            *next++ = (uint8_t)gdTrueColorGetGreen(color);
            *next++ = (uint8_t)gdTrueColorGetBlue(color);
        }
    dc_status status = dc_image_write_png(path, &(dc_image){WIDTH, HEIGHT, 3, rgb});
    free(rgb);
    return status;
}

/* libgd fills and resamples pixel by pixel through its clipping: a chart is drawn after each epoch, in a tenth of
 * the time by these two. */
static void clear(gdImagePtr canvas)
{
    for (int y = 0; y < DETAIL * HEIGHT; y++)
        for (int x = 0; x < DETAIL * WIDTH; x++)
            canvas->tpixels[y][x] = BACKGROUND;
}

/* Each pixel is the mean of the DETAIL x DETAIL that it stands for. */
static void shrink(gdImagePtr canvas, gdImagePtr ret_picture)
{
    const int count = DETAIL * DETAIL;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int red = 0, green = 0, blue = 0;
            for (int i = 0; i < count; i++) {
                int color = canvas->tpixels[DETAIL * y + i / DETAIL][DETAIL * x + i % DETAIL];
                red += gdTrueColorGetRed(color);
                green += gdTrueColorGetGreen(color);
                blue += gdTrueColorGetBlue(color);
            }
            ret_picture->tpixels[y][x] =
                gdTrueColor((red + count / 2) / count, (green + count / 2) / count, (blue + count / 2) / count);
        }
}

typedef struct texts {
    const char *path, *title, *x_label;
} texts;

static dc_status draw_chart(const texts *t, plot *p, gdImagePtr picture, const double *x, size_t count,
                            const dc_series *series, size_t series_count)
{
    p->x = range_of_x(x, count);
    DC_TRY(range_of_series(series, series_count, count, &p->y));
    double step_x = nice_step(p->x, 9), step_y = nice_step(p->y, 7);
    clear(p->canvas);
    draw_grid(p, step_x, step_y);
    DC_TRY(draw_series(p, x, count, series, series_count));
    draw_frame(p);
    shrink(p->canvas, picture);
    gdFontPtr font = gdFontGetLarge();
    draw_text(picture, font, LEFT, 14, t->title);
    draw_text(picture, font, LEFT + (PLOT_WIDTH - text_width(font, t->x_label)) / 2, HEIGHT - 26, t->x_label);
    write_legend(picture, series, series_count);
    write_ticks(p, picture, step_x, step_y);
    return write_picture(t->path, picture);
}

dc_status dc_chart_write(const char *path, const char *title, const char *x_label, const double *x, size_t count,
                         const dc_series *series, size_t series_count)
{
    plot p = {.canvas = gdImageCreateTrueColor(DETAIL * WIDTH, DETAIL * HEIGHT)};
    gdImagePtr picture = gdImageCreateTrueColor(WIDTH, HEIGHT);
    dc_status status = p.canvas && picture
                           ? draw_chart(&(texts){path, title, x_label}, &p, picture, x, count, series, series_count)
                           : dc_fail(DCGAN_E_MEMORY, "Not enough memory to draw %s.", path);
    if (picture)
        gdImageDestroy(picture);
    if (p.canvas)
        gdImageDestroy(p.canvas);
    return status;
}
