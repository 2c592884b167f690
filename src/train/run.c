/* run.c - see run.h. */
#include "train/run.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME "lock"

struct dc_run {
    char *directory;
    int lock, metrics, events; /* file descriptors, -1 while closed */
    bool tentative;            /* created here and not kept yet */
};

/* ---- Life -------------------------------------------------------------------------------------------- */

static dc_status open_log(const dc_run *run, const char *name, int *ret_fd)
{
    char *path;
    DC_TRY(dc_run_file(run, &path, "%s", name));
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    dc_status status = fd < 0 ? dc_fail_errno("%s cannot be opened", path) : DCGAN_OK;
    free(path);
    if (fd >= 0)
        *ret_fd = fd;
    return status;
}

/* The lock is advisory, held by the open file, and gone with the process however it ends. */
static dc_status lock(dc_run *run)
{
    DC_TRY(open_log(run, LOCK_NAME, &run->lock));
    if (flock(run->lock, LOCK_EX | LOCK_NB) != 0)
        return dc_fail(DCGAN_E_USAGE, "%s is being trained by another process. Wait for it, or stop it first.",
                       run->directory);
    return DCGAN_OK;
}

static dc_status open_run(const char *directory, dc_run **ret_run)
{
    dc_run *run;
    DC_TRY(dc_alloc(1, sizeof *run, (void **)&run));
    *run = (dc_run){.lock = -1, .metrics = -1, .events = -1};
    dc_status status = dc_strdup(directory, &run->directory);
    if (status == DCGAN_OK)
        status = lock(run);
    if (status != DCGAN_OK) {
        dc_run_close(run);
        return status;
    }
    *ret_run = run;
    return DCGAN_OK;
}

static bool holds_files(const char *directory)
{
    DIR *stream = opendir(directory);
    bool found = false;
    struct dirent *entry;
    while (stream && !found && (entry = readdir(stream)))
        found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (stream)
        closedir(stream);
    return found;
}

static dc_status make_folder(const dc_run *run, const char *name)
{
    char *path;
    DC_TRY(dc_run_file(run, &path, "%s", name));
    dc_status status = dc_make_directory(path);
    free(path);
    return status;
}

dc_status dc_run_create(const char *directory, dc_run **ret_run)
{
    if (holds_files(directory))
        return dc_fail(DCGAN_E_USAGE,
                       "%s holds files already. Continue that run with `dcgan resume`, or choose another directory.",
                       directory);
    DC_TRY(dc_make_directory(directory));
    dc_run *run;
    DC_TRY(open_run(directory, &run));
    run->tentative = true;
    dc_status status = make_folder(run, "samples");
    if (status == DCGAN_OK)
        status = make_folder(run, "checkpoints");
    if (status != DCGAN_OK) {
        dc_run_close(run);
        return status;
    }
    *ret_run = run;
    return DCGAN_OK;
}

void dc_run_keep(dc_run *run)
{
    run->tentative = false;
}

dc_status dc_run_open(const char *directory, dc_run **ret_run)
{
    if (!dc_path_is_directory(directory))
        return dc_fail(DCGAN_E_IO, "There is no run directory %s.", directory);
    return open_run(directory, ret_run);
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* All that can be there before the first step; the directory itself goes only if nothing else is in it. */
static void remove_files(const dc_run *run)
{
    static const char *const names[] = {"config.json", "pictures.json", "events.jsonl",
                                        "samples",     "checkpoints",   LOCK_NAME};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path;
        if (dc_run_file(run, &path, "%s", names[i]) != DCGAN_OK)
            return;
        remove(path);
        free(path);
    }
    rmdir(run->directory);
}

void dc_run_close(dc_run *run)
{
    if (!run)
        return;
    if (run->tentative)
        remove_files(run);
    close_if_open(run->events);
    close_if_open(run->metrics);
    close_if_open(run->lock);
    free(run->directory);
    free(run);
}

/* ---- Files ------------------------------------------------------------------------------------------- */

const char *dc_run_directory(const dc_run *run)
{
    return run->directory;
}

dc_status dc_run_file(const dc_run *run, char **ret_path, const char *format, ...)
{
    char *name = NULL;
    va_list arguments;
    va_start(arguments, format);
    dc_status status = dc_path_list(&name, format, arguments);
    va_end(arguments);
    DC_TRY(status);
    status = dc_path(ret_path, "%s/%s", run->directory, name);
    free(name);
    return status;
}

dc_status dc_run_write(const dc_run *run, const char *name, const char *text)
{
    char *path;
    DC_TRY(dc_run_file(run, &path, "%s", name));
    dc_status status = dc_file_write(path, text, strlen(text));
    free(path);
    return status;
}

/* ---- Logs -------------------------------------------------------------------------------------------- */

static dc_status append(dc_run *run, int *fd, const char *name, const char *line, size_t length)
{
    if (*fd < 0)
        DC_TRY(open_log(run, name, fd));
    off_t end = lseek(*fd, 0, SEEK_END);
    ssize_t written = write(*fd, line, length);
    if (written == (ssize_t)length)
        return DCGAN_OK;
    if (written >= 0)
        errno = ENOSPC;
    dc_status status = dc_fail_errno("%s/%s cannot be written", run->directory, name);
    if (written > 0 && ftruncate(*fd, end) != 0)
        status = dc_fail_errno("%s/%s ends in half a line that cannot be taken back", run->directory, name);
    return status;
}

dc_status dc_run_log_metrics(dc_run *run, const dc_metrics *metrics)
{
    char line[DC_METRICS_LINE];
    size_t length = dc_metrics_print(metrics, line);
    return append(run, &run->metrics, "metrics.jsonl", line, length);
}

dc_status dc_run_log_event(dc_run *run, json_t *event)
{
    char clock[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(clock, sizeof clock, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    json_object_set_new(event, "clock", json_string(clock));
    char *text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(12)), *line = NULL;
    json_decref(event);
    if (!text || asprintf(&line, "%s\n", text) < 0) {
        free(text);
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for an event.");
    }
    dc_status status = append(run, &run->events, "events.jsonl", line, strlen(line));
    free(line);
    free(text);
    return status;
}

/* What a log is read back for. */
typedef struct replay_target {
    uint64_t step; /* of the last line wanted */
    dc_history *history;
    dc_health *health;
} replay_target;

/* Takes a line without its newline; false ends the reading before it. */
typedef bool (*replay_fn)(const replay_target *target, const char *line, size_t length);

static bool replay_metrics(const replay_target *target, const char *line, size_t length)
{
    dc_metrics metrics;
    if (!dc_metrics_parse(line, length, &metrics) || metrics.step > target->step)
        return false;
    dc_history_add(target->history, &metrics);
    (void)dc_health_step(target->health, &metrics); /* what it warns of has been told */
    return true;
}

static bool replay_diversity(const replay_target *target, const char *line, size_t length)
{
    json_t *event = json_loadb(line, length, 0, NULL);
    json_t *diversity = json_object_get(event, "diversity"), *step = json_object_get(event, "step");
    if (json_is_number(diversity) && json_integer_value(step) <= (json_int_t)target->step)
        (void)dc_health_samples(target->health, (uint64_t)json_integer_value(step), json_number_value(diversity));
    json_decref(event);
    return true;
}

/* Length of the part of the log that was taken. */
static size_t replay_lines(const dc_mapping *file, const replay_target *target, replay_fn take)
{
    const char *data = (const char *)file->data;
    size_t start = 0;
    while (start < file->size) {
        const char *newline = memchr(data + start, '\n', file->size - start);
        if (!newline || !take(target, data + start, (size_t)(newline - data) - start))
            break;
        start = (size_t)(newline - data) + 1;
    }
    return start;
}

static dc_status replay_log(const char *path, const replay_target *target, replay_fn take, size_t *ret_length)
{
    dc_mapping file;
    if (!dc_path_exists(path)) {
        *ret_length = 0;
        return DCGAN_OK;
    }
    DC_TRY(dc_file_map(path, &file));
    *ret_length = replay_lines(&file, target, take);
    dc_file_unmap(&file);
    return DCGAN_OK;
}

dc_status dc_run_rewind(dc_run *run, uint64_t step, dc_history *history, dc_health *health)
{
    const replay_target target = {step, history, health};
    char *metrics, *events = NULL;
    size_t length;
    DC_TRY(dc_run_file(run, &metrics, "metrics.jsonl"));
    dc_status status = dc_run_file(run, &events, "events.jsonl");
    if (status == DCGAN_OK)
        status = replay_log(events, &target, replay_diversity, &length);
    if (status == DCGAN_OK)
        status = replay_log(metrics, &target, replay_metrics, &length);
    if (status == DCGAN_OK && dc_path_exists(metrics) && truncate(metrics, (off_t)length) != 0)
        status = dc_fail_errno("%s cannot be shortened", metrics);
    free(events);
    free(metrics);
    return status;
}

/* ---- Checkpoints ------------------------------------------------------------------------------------- */

dc_status dc_run_checkpoint_path(const char *directory, uint64_t step, char **ret_path)
{
    return dc_path(ret_path, "%s/checkpoints/step_%08" PRIu64 ".safetensors", directory, step);
}

static int newest_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

dc_status dc_run_checkpoints(const char *directory, uint64_t **ret_steps, size_t *ret_count)
{
    char *path;
    DC_TRY(dc_path(&path, "%s/checkpoints", directory));
    DIR *stream = opendir(path);
    free(path);
    uint64_t *steps = NULL;
    size_t count = 0;
    struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        uint64_t step;
        int length = 0;
        if (sscanf(entry->d_name, "step_%" SCNu64 ".safetensors%n", &step, &length) != 1 || length == 0 ||
            entry->d_name[length] != '\0')
            continue;
        uint64_t *grown = realloc(steps, (count + 1) * sizeof *steps);
        if (!grown)
            break;
        steps = grown;
        steps[count++] = step;
    }
    if (stream)
        closedir(stream);
    if (count > 1)
        qsort(steps, count, sizeof *steps, newest_first);
    *ret_steps = steps;
    *ret_count = count;
    return DCGAN_OK;
}

/* Names end so while they are being written (base/file.c); nobody else writes here: the run is locked. */
static void remove_temporary_files(const dc_run *run, const char *folder)
{
    char *path;
    if (dc_run_file(run, &path, "%s", folder) != DCGAN_OK)
        return;
    DIR *stream = opendir(path);
    free(path);
    struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, ".tmp") == 0)
            unlinkat(dirfd(stream), entry->d_name, 0);
    }
    if (stream)
        closedir(stream);
}

void dc_run_prune(const dc_run *run, uint64_t step, size_t keep)
{
    uint64_t *steps;
    size_t count, kept = 0;
    if (dc_run_checkpoints(run->directory, &steps, &count) != DCGAN_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        char *path;
        if (steps[i] > step || kept++ < keep)
            continue;
        if (dc_run_checkpoint_path(run->directory, steps[i], &path) == DCGAN_OK) {
            unlink(path);
            free(path);
        }
    }
    free(steps);
    remove_temporary_files(run, "checkpoints");
    remove_temporary_files(run, "samples");
    remove_temporary_files(run, ".");
}
