/* run_log.c - see run_log.h. */
#include "app/run_log.h"

#include "base/file.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const curve_names[DC_CURVE_COUNT] = {
    [DC_CURVE_LOSS_D] = "loss_d",
    [DC_CURVE_LOSS_G] = "loss_g",
    [DC_CURVE_D_REAL] = "d_real",
    [DC_CURVE_D_FAKE] = "d_fake",
    [DC_CURVE_D_FAKE_AFTER] = "d_fake_after",
    [DC_CURVE_SPEED] = "images_per_second",
};

/* ---- Metrics ----------------------------------------------------------------------------------------- */

static void merge(dc_span *span, const dc_span *other)
{
    if (other->count == 0)
        return;
    span->least = span->count ? fmin(span->least, other->least) : other->least;
    span->most = span->count ? fmax(span->most, other->most) : other->most;
    span->sum += other->sum;
    span->count += other->count;
}

/* Neighbours become one, and each point stands for twice as many steps. */
static void halve(dc_run_log *log)
{
    for (size_t i = 0; i < DC_RUN_LOG_POINTS / 2; i++) {
        dc_point point = log->points[2 * i];
        for (int c = 0; c < DC_CURVE_COUNT; c++)
            merge(&point.curves[c], &log->points[2 * i + 1].curves[c]);
        log->points[i] = point;
    }
    log->point_count = DC_RUN_LOG_POINTS / 2;
    log->stride *= 2;
}

static void take_metrics(dc_run_log *log, json_t *line)
{
    if (log->steps % log->stride == 0 && log->point_count == DC_RUN_LOG_POINTS)
        halve(log);
    if (log->steps % log->stride == 0) {
        log->points[log->point_count] = (dc_point){.step = (uint64_t)json_integer_value(json_object_get(line, "step"))};
        log->point_count++;
    }
    for (int c = 0; c < DC_CURVE_COUNT; c++) {
        json_t *number = json_object_get(line, curve_names[c]);
        double value = json_number_value(number);
        if (json_is_number(number))
            merge(&log->points[log->point_count - 1].curves[c], &(dc_span){value, value, value, 1});
    }
    log->steps++;
    log->last_step = (uint64_t)json_integer_value(json_object_get(line, "step"));
    log->seconds = json_number_value(json_object_get(line, "time"));
}

/* ---- Events ------------------------------------------------------------------------------------------ */

static void add_evaluation(dc_run_log *log, uint64_t step, double diversity)
{
    dc_evaluation *grown = realloc(log->evaluations, (log->evaluation_count + 1) * sizeof *grown);
    if (!grown)
        return;
    log->evaluations = grown;
    /* What a resume makes again stands after what it replaces. */
    while (log->evaluation_count && grown[log->evaluation_count - 1].step >= step)
        log->evaluation_count--;
    grown[log->evaluation_count++] = (dc_evaluation){step, diversity};
}

static void take_event(dc_run_log *log, json_t *line)
{
    const char *event = json_string_value(json_object_get(line, "event"));
    if (!event)
        return;
    uint64_t step = (uint64_t)json_integer_value(json_object_get(line, "step"));
    if (strcmp(event, "started") == 0) {
        json_decref(log->started);
        log->started = json_incref(line);
        log->starts++;
        *log->state = '\0';
    } else if (strcmp(event, "finished") == 0) {
        const char *state = json_string_value(json_object_get(line, "state"));
        snprintf(log->state, sizeof log->state, "%s", state ? state : "");
    } else if (strcmp(event, "note") == 0 || strcmp(event, "warning") == 0) {
        json_array_append(log->remarks, line);
    } else if (strcmp(event, "epoch") == 0) {
        log->epochs_done = (uint64_t)json_integer_value(json_object_get(line, "epoch"));
    } else if (strcmp(event, "diversity") == 0) {
        add_evaluation(log, step, json_number_value(json_object_get(line, "diversity")));
    }
}

/* ---- Both -------------------------------------------------------------------------------------------- */

static dc_status read_lines(const char *run, const char *name, dc_run_log *log, void (*take)(dc_run_log *, json_t *))
{
    char *path;
    dc_mapping file;
    DC_TRY(dc_path(&path, "%s/%s", run, name));
    bool is_there = dc_path_exists(path);
    dc_status status = is_there ? dc_file_map(path, &file) : DCGAN_OK;
    free(path);
    if (!is_there || status != DCGAN_OK)
        return status;
    const char *next = (const char *)file.data, *end = next + file.size, *newline;
    for (; (newline = memchr(next, '\n', (size_t)(end - next))); next = newline + 1) {
        json_t *line = json_loadb(next, (size_t)(newline - next), 0, NULL);
        if (json_is_object(line))
            take(log, line);
        json_decref(line);
    }
    dc_file_unmap(&file);
    return DCGAN_OK;
}

dc_status dc_run_log_read(const char *run, dc_run_log **ret_log)
{
    dc_run_log *log;
    DC_TRY(dc_alloc(1, sizeof *log, (void **)&log));
    log->stride = 1;
    log->remarks = json_array();
    dc_status status = read_lines(run, "metrics.jsonl", log, take_metrics);
    if (status == DCGAN_OK)
        status = read_lines(run, "events.jsonl", log, take_event);
    if (status != DCGAN_OK) {
        dc_run_log_free(log);
        return status;
    }
    *ret_log = log;
    return DCGAN_OK;
}

void dc_run_log_free(dc_run_log *log)
{
    if (!log)
        return;
    json_decref(log->started);
    json_decref(log->remarks);
    free(log->evaluations);
    free(log);
}
