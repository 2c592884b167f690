/* report.c - `dcgan report`: a run as one HTML file that needs nothing else. Reads files of the run only. */
#include "app/base64.h"
#include "app/command.h"
#include "app/html.h"
#include "app/line.h"
#include "app/run_log.h"
#include "app/run_samples.h"
#include "app/svg_chart.h"
#include "app/terminal.h"
#include "base/file.h"

#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_OUT "report.html"

extern const char dc_report_css[];

/* All that the page is made of. */
typedef struct dc_report {
    const char *run;
    json_t *config, *pictures; /* pictures: NULL if the run has no pictures.json */
    dc_run_log *log;
    dc_run_samples samples; /* empty if there are none */
} dc_report;

/* ---- Head -------------------------------------------------------------------------------------------- */

/* "faces-1", also of "runs/faces-1/" and "." */
static void print_name(FILE *out, const char *run)
{
    char *path = realpath(run, NULL);
    dc_html_text(out, path ? basename(path) : run);
    free(path);
}

static const char *state_of(const dc_run_log *log)
{
    static const char *const states[][2] = {
        {"done", "complete"}, {"stopped", "stopped before its end"}, {"diverged", "ended: the numbers diverged"}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(log->state, states[i][0]) == 0)
            return states[i][1];
    return "in training, or interrupted";
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "unknown";
}

static json_int_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_head(FILE *out, const dc_report *report)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    print_name(out, report->run);
    fprintf(out, " - dcgan</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n<h1>", dc_report_css);
    print_name(out, report->run);
    fputs("</h1>\n<p>A DCGAN, ", out);
    dc_html_text(out, state_of(report->log));
    fputs(".</p>\n</header>\n", out);
}

/* ---- Samples ----------------------------------------------------------------------------------------- */

static void print_samples_of(FILE *out, const dc_report *report, uint64_t epoch, const char *caption)
{
    char *path;
    dc_mapping png;
    if (dc_run_samples_path(report->run, epoch, &path) != DCGAN_OK)
        return;
    if (dc_file_map(path, &png) == DCGAN_OK) {
        fprintf(out, "<figure>\n<img alt=\"Generated pictures of epoch %" PRIu64 "\" src=\"data:image/png;base64,",
                epoch);
        dc_base64_print(out, png.data, png.size);
        fputs("\">\n", out);
        dc_html_element(out, "figcaption", NULL, caption);
        fputs("</figure>\n", out);
        dc_file_unmap(&png);
    }
    free(path);
}

static void print_summary(FILE *out, const dc_report *report)
{
    const dc_run_log *log = report->log;
    char spent[32];
    dc_line_duration(log->seconds, spent);
    fputs("<section class=\"card\">\n<table>\n", out);
    dc_html_row(out, "Trained", "%" PRIu64 " of %" PRIu64 " steps, %" PRIu64 " of %" PRIu64 " epochs", log->last_step,
                (uint64_t)integer_of(log->started, "steps"), log->epochs_done,
                (uint64_t)integer_of(log->started, "epochs"));
    dc_html_row(out, "Time training", "%s%s", spent, log->starts > 1 ? ", with interruptions" : "");
    if (log->seconds > 0 && report->pictures && integer_of(log->started, "batches") > 0)
        dc_html_row(out, "Speed", "%.0f pictures per second",
                    (double)log->last_step / (double)integer_of(log->started, "batches") *
                        (double)integer_of(report->pictures, "count") / log->seconds);
    dc_html_row(out, "Computed by", "%s", string_of(log->started, "device"));
    if (report->pictures) {
        size_t skipped = json_array_size(json_object_get(report->pictures, "skipped"));
        dc_html_row(out, "Pictures", "%" PRIu64 " of %d x %d, %s", (uint64_t)integer_of(report->pictures, "count"),
                    (int)integer_of(report->pictures, "width"), (int)integer_of(report->pictures, "height"),
                    skipped ? "" : "none skipped");
        if (skipped)
            dc_html_row(out, "Skipped", "%zu that could not be used", skipped);
        dc_html_row(out, "Their hash", "%s", string_of(report->pictures, "hash"));
    }
    dc_html_row(out, "Last started", "%s", string_of(log->started, "clock"));
    fputs("</table>\n</section>\n", out);
}

static void print_hero(FILE *out, const dc_report *report)
{
    char caption[128];
    const dc_run_samples *samples = &report->samples;
    fputs("<div class=\"hero\">\n", out);
    if (samples->count) {
        uint64_t last = samples->epochs[samples->count - 1];
        snprintf(caption, sizeof caption, "What the generator made of fixed noise after epoch %" PRIu64, last);
        print_samples_of(out, report, last, caption);
    }
    print_summary(out, report);
    fputs("</div>\n", out);
}

/* The first and some in the middle: early epochs differ most, so they go up by powers. */
static void print_evolution(FILE *out, const dc_report *report)
{
    enum { SHOWN = 4 };
    const dc_run_samples *samples = &report->samples;
    if (samples->count < 3)
        return;
    fputs("<h2>How they took shape</h2>\n<div class=\"strip\">\n", out);
    size_t before = SIZE_MAX, last = samples->count - 1;
    for (int i = 0; i < SHOWN; i++) {
        char caption[64];
        size_t at = i == 0 ? 0 : (size_t)lround(pow((double)last, (double)i / SHOWN));
        if (at == before || at >= last)
            continue;
        snprintf(caption, sizeof caption, samples->epochs[at] ? "Epoch %" PRIu64 : "Before training",
                 samples->epochs[at]);
        print_samples_of(out, report, samples->epochs[at], caption);
        before = at;
    }
    fputs("</div>\n", out);
}

/* ---- Health ------------------------------------------------------------------------------------------ */

static void print_remarks(FILE *out, const dc_report *report)
{
    size_t i;
    json_t *remark;
    fputs("<h2>Health</h2>\n", out);
    if (json_array_size(report->log->remarks) == 0)
        dc_html_element(out, "p", NULL, "Nothing to warn of was seen.");
    json_array_foreach (report->log->remarks, i, remark) {
        bool warning = strcmp(string_of(remark, "event"), "warning") == 0;
        fprintf(out, "<div class=\"remark %s\"><b>", warning ? "warning" : "note");
        if (warning)
            dc_html_format(out, "Warning: %s, step %" PRIu64, string_of(remark, "cause"),
                           (uint64_t)integer_of(remark, "step"));
        else
            dc_html_text(out, "Note");
        fputs("</b>", out);
        dc_html_text(out, string_of(remark, "text"));
        fputs("</div>\n", out);
    }
}

/* ---- Curves ------------------------------------------------------------------------------------------ */

typedef struct curves {
    size_t count;
    double x[DC_RUN_LOG_POINTS];
    dc_value values[DC_CURVE_COUNT][DC_RUN_LOG_POINTS];
} curves;

static dc_value value_of(const dc_span *span)
{
    if (span->count == 0)
        return (dc_value){NAN, NAN, NAN};
    return (dc_value){span->sum / (double)span->count, span->least, span->most};
}

static void collect(const dc_run_log *log, curves *c)
{
    c->count = log->point_count;
    for (size_t i = 0; i < c->count; i++) {
        c->x[i] = (double)log->points[i].step;
        for (int k = 0; k < DC_CURVE_COUNT; k++)
            c->values[k][i] = value_of(&log->points[i].curves[k]);
    }
}

static void print_metrics(FILE *out, const curves *c)
{
    const dc_svg_series losses[] = {{"generator", 1, c->values[DC_CURVE_LOSS_G]},
                                    {"discriminator", 0, c->values[DC_CURVE_LOSS_D]}};
    const dc_svg_series scores[] = {{"D(x), real pictures", 0, c->values[DC_CURVE_D_REAL]},
                                    {"D(G(z)) before its update", 1, c->values[DC_CURVE_D_FAKE]},
                                    {"D(G(z)) after it", 2, c->values[DC_CURVE_D_FAKE_AFTER]}};
    const dc_svg_series speed[] = {{"pictures per second", 3, c->values[DC_CURVE_SPEED]}};
    const dc_svg_chart charts[] = {
        {.title = "Losses",
         .about = "In nats. They do not say how good the pictures are: while both nets learn, neither wins for long. A "
                  "discriminator's loss near 0 means that the generator has nothing to learn from.",
         .series = losses,
         .series_count = 2},
        {.title = "Scores",
         .about = "What the discriminator takes for real: 1 is sure that it is, 0 is sure that it is not.",
         .series = scores,
         .series_count = 3,
         .least_top = 1},
        {.title = "Speed", .about = "Real pictures trained on.", .series = speed, .series_count = 1},
    };
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
        dc_svg_chart chart = charts[i];
        chart.x = c->x;
        chart.count = c->count;
        dc_svg_chart_print(out, &chart);
    }
}

static dc_status print_diversity(FILE *out, const dc_run_log *log)
{
    double *x = calloc(log->evaluation_count + 1, sizeof *x);
    dc_value *values = calloc(log->evaluation_count + 1, sizeof *values);
    dc_status status = DCGAN_OK;
    if (!x || !values) {
        status = dc_fail(DCGAN_E_MEMORY, "Not enough memory for a chart.");
    } else {
        for (size_t i = 0; i < log->evaluation_count; i++) {
            double diversity = log->evaluations[i].diversity;
            x[i] = (double)log->evaluations[i].step;
            values[i] = (dc_value){diversity, diversity, diversity};
        }
        dc_svg_chart_print(out, &(dc_svg_chart){.title = "Diversity of the samples",
                                                .about = "How different they are from each other: 1 is as different as "
                                                         "real pictures are, 0 is all alike (a collapse).",
                                                .x = x,
                                                .count = log->evaluation_count,
                                                .series = &(dc_svg_series){"samples", 3, values},
                                                .series_count = 1,
                                                .least_top = 1});
    }
    free(values);
    free(x);
    return status;
}

static dc_status print_curves(FILE *out, const dc_run_log *log)
{
    curves *c;
    if (log->point_count == 0)
        return DCGAN_OK;
    if (!(c = malloc(sizeof *c)))
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for charts.");
    collect(log, c);
    fputs("<h2>Curves</h2>\n<div class=\"grid\">\n", out);
    print_metrics(out, c);
    free(c);
    dc_status status = log->evaluation_count > 1 ? print_diversity(out, log) : DCGAN_OK;
    fputs("</div>\n", out);
    return status;
}

/* ---- Settings ---------------------------------------------------------------------------------------- */

static void print_setting(FILE *out, const char *key, const json_t *value, const char *help)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    fputs("<dl>", out);
    dc_html_element(out, "dt", NULL, key);
    dc_html_element(out, "dd", NULL, json_is_string(value) ? json_string_value(value) : text ? text : "");
    dc_html_element(out, "dd", "help", help);
    fputs("</dl>\n", out);
    free(text);
}

static void print_settings(FILE *out, const json_t *config)
{
    fputs("<h2>Settings</h2>\n<section class=\"card settings\">\n", out);
    for (size_t i = 0; dcgan_setting_at(i); i++) {
        const dcgan_setting *setting = dcgan_setting_at(i);
        const json_t *value = json_object_get(config, setting->key);
        if (value && strcmp(setting->key, "out") != 0)
            print_setting(out, setting->key, value, setting->help);
    }
    fputs("</section>\n", out);
}

/* ---- The page ---------------------------------------------------------------------------------------- */

static dc_status print_page(FILE *out, const dc_report *report)
{
    print_head(out, report);
    print_hero(out, report);
    print_evolution(out, report);
    print_remarks(out, report);
    DC_TRY(print_curves(out, report->log));
    print_settings(out, report->config);
    fprintf(out, "<footer>Made by dcgan %s.</footer>\n</main>\n</body>\n</html>\n", dcgan_version());
    return DCGAN_OK;
}

/* Only what is shown is read: a file of the run may be of a newer version. */
static dc_status load_json(const char *run, const char *name, json_t **ret_root)
{
    char *path;
    json_error_t error;
    DC_TRY(dc_path(&path, "%s/%s", run, name));
    json_t *root = json_load_file(path, 0, &error);
    dc_status status = DCGAN_OK;
    if (!root && !dc_path_exists(path))
        status = dc_fail(DCGAN_E_INPUT, "%s is not a run directory: it has no %s.", run, name);
    else if (!json_is_object(root))
        status = dc_fail(DCGAN_E_INPUT, "%s is damaged: %s", path, root ? "it is no JSON object." : error.text);
    free(path);
    if (status == DCGAN_OK)
        *ret_root = root;
    else
        json_decref(root);
    return status;
}

static dc_status gather(dc_report *report)
{
    DC_TRY(load_json(report->run, "config.json", &report->config));
    (void)load_json(report->run, "pictures.json", &report->pictures); /* told when it is there */
    (void)dc_run_samples_list(report->run, &report->samples);         /* none yet: no pictures */
    return dc_run_log_read(report->run, &report->log);
}

static dc_status write_page(const dc_report *report, const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for %s.", path);
    dc_status status = print_page(out, report);
    if (fclose(out) != 0 && status == DCGAN_OK)
        status = dc_fail(DCGAN_E_MEMORY, "Not enough memory for %s.", path);
    if (status == DCGAN_OK)
        status = dc_file_write(path, text, size);
    free(text);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    if (arguments->operand_count != 1)
        return dc_fail(DCGAN_E_USAGE, "report needs one run directory, such as runs/photos-1.");
    const char *out = dc_arguments_get(arguments, "out", DEFAULT_OUT);
    dc_report report = {.run = arguments->operands[0]};
    dc_status status = gather(&report);
    if (status == DCGAN_OK)
        status = write_page(&report, out);
    if (status == DCGAN_OK && !dc_arguments_has(arguments, "quiet")) {
        fputs("Wrote ", stdout);
        dc_terminal_print_text(stdout, out);
        puts(": open it in a browser, or send it.");
    }
    dc_run_samples_free(&report.samples);
    dc_run_log_free(report.log);
    json_decref(report.pictures);
    json_decref(report.config);
    return status;
}

const dc_command dc_command_report = {
    .name = "report",
    .bit = DC_FOR_REPORT,
    .operands = "RUN",
    .summary = "write a run as one HTML file to look at or send",
    .about =
        "Writes one HTML file with a run's samples, curves, warnings and settings. It holds all it shows: it opens "
        "anywhere, without a network, and prints.",
    .examples = "dcgan report runs/photos-1\n"
                "dcgan report runs/photos-1 -o photos.html",
    .run = run,
};
