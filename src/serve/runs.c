/* runs.c - see runs.h. */
#include "serve/runs.h"

#include "base/file.h"
#include "base/memory.h"
#include "serve/names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CURVES_BUDGET (48u << 20) /* bytes, for the curves of all runs */
#define NEWEST_ROWS   8192        /* bytes at the end of metrics.jsonl that surely hold a row */
#define QUIET_SECONDS 60          /* a run whose process is not here is taken for alive that long */

struct dc_runs {
    char *path;
    char *single; /* the name, if the path is itself a run; else NULL */
    dc_listed *runs;
    size_t count;
    uint64_t version, membership, clock;
};

/* ---- Opening ----------------------------------------------------------------------------------------- */

/* Opens `relative` below a directory, refusing a symbolic link in any place. Errno on failure. */
static int open_beneath(int directory, const char *relative, int flags)
{
    int at = directory;
    for (;;) {
        size_t length = strcspn(relative, "/");
        bool last = relative[length] == '\0';
        char name[DC_NAME_SIZE];
        if (length >= sizeof name) {
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, relative, length);
        name[length] = '\0';
        int next = openat(at, name, (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        if (at != directory)
            close(at);
        errno = error;
        if (last || next < 0)
            return next;
        at = next;
        relative += length + 1;
    }
}

/* The directory of a run; -1 if it has gone. */
static int open_directory(const dc_runs *runs, const char *name)
{
    int root = open(runs->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || runs->single)
        return root;
    int directory = open_beneath(root, name, O_RDONLY | O_DIRECTORY);
    close(root);
    return directory;
}

dc_status dc_listed_open(const dc_runs *runs, const dc_listed *run, const char *file, int *ret_fd)
{
    int directory = open_directory(runs, run->name);
    if (directory < 0)
        return dc_fail_errno("The run %s cannot be opened", run->name);
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    int fd = open_beneath(directory, file, O_RDONLY | O_NONBLOCK);
    int error = errno;
    close(directory);
    errno = error;
    if (fd < 0)
        return dc_fail_errno("%s of run %s cannot be opened", file, run->name);
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return dc_fail(DCGAN_E_INPUT, "%s of run %s is not a regular file.", file, run->name);
    }
    *ret_fd = fd;
    return DCGAN_OK;
}

dc_status dc_listed_path(const dc_runs *runs, const dc_listed *run, const char *file, char **ret_path)
{
    if (runs->single)
        return dc_path(ret_path, "%s/%s", runs->path, file);
    return dc_path(ret_path, "%s/%s/%s", runs->path, run->name, file);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

dc_status dc_listed_numbered(const dc_runs *runs, const dc_listed *run, const char *folder, const char *prefix,
                             const char *suffix, uint64_t **ret_numbers, size_t *ret_count)
{
    uint64_t *numbers = NULL, number;
    size_t count = 0, capacity = 0;
    int directory = open_directory(runs, run->name);
    int fd = directory < 0 ? -1 : open_beneath(directory, folder, O_RDONLY | O_DIRECTORY);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !listing)
        close(fd);
    if (directory >= 0)
        close(directory);
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (!dc_name_is_numbered(entry->d_name, prefix, suffix, &number))
            continue;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            uint64_t *larger = realloc(numbers, capacity * sizeof *numbers);
            if (!larger) {
                free(numbers);
                closedir(listing);
                return dc_fail(DCGAN_E_MEMORY, "Not enough memory to list %s of run %s.", folder, run->name);
            }
            numbers = larger;
        }
        numbers[count++] = number;
    }
    if (listing)
        closedir(listing);
    if (count)
        qsort(numbers, count, sizeof *numbers, compare_numbers);
    *ret_numbers = numbers;
    *ret_count = count;
    return DCGAN_OK;
}

/* ---- Watching ---------------------------------------------------------------------------------------- */

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void stamp_of(int directory, const char *name, int64_t *ret_size, int64_t *ret_time)
{
    struct stat info;
    bool there = fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (ret_size)
        *ret_size = there ? (int64_t)info.st_size : -1;
    *ret_time = there ? nanoseconds(info.st_mtim) : 0;
}

static const char *state_of(const dc_events *events, int64_t last_write)
{
    static const char *const finished[] = {"done", "stopped", "diverged"};
    if (!events->started)
        return "waiting";
    for (size_t i = 0; i < sizeof finished / sizeof *finished; i++)
        if (strcmp(events->finished, finished[i]) == 0)
            return finished[i];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    bool quiet = nanoseconds(now) - last_write > QUIET_SECONDS * 1000000000ll;
    bool process_is_here = events->pid > 0 && (kill((pid_t)events->pid, 0) == 0 || errno == EPERM);
    return process_is_here || !quiet ? "running" : "interrupted";
}

static bool keep_row(void *context, const char *line, size_t length, uint64_t offset)
{
    (void)offset;
    dc_row_parse(line, length, context);
    return true;
}

/* Reads the last rows only: the whole file is for those who look at the run. */
static void refresh_last_row(dc_listed *run, int directory, int64_t size)
{
    run->last = (dc_row){0};
    int fd = open_beneath(directory, "metrics.jsonl", O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return;
    uint64_t end;
    dc_lines_read(fd, "metrics.jsonl", size > NEWEST_ROWS ? (uint64_t)(size - NEWEST_ROWS) : 0, keep_row, &run->last,
                  &end);
    close(fd);
}

static void refresh_events(dc_listed *run, int directory)
{
    int fd = open_beneath(directory, "events.jsonl", O_RDONLY | O_NONBLOCK);
    if (fd < 0) {
        dc_events_clear(&run->events);
        return;
    }
    dc_events_refresh(&run->events, fd, "events.jsonl");
    close(fd);
}

static bool stamps_differ(const dc_stamp *a, const dc_stamp *b)
{
    return a->metrics_size != b->metrics_size || a->metrics_time != b->metrics_time ||
           a->events_size != b->events_size || a->events_time != b->events_time || a->samples_time != b->samples_time ||
           a->generator_time != b->generator_time || a->config_time != b->config_time || a->state != b->state;
}

static void refresh_run(dc_runs *runs, dc_listed *run, int directory)
{
    dc_stamp stamp;
    stamp_of(directory, "metrics.jsonl", &stamp.metrics_size, &stamp.metrics_time);
    stamp_of(directory, "events.jsonl", &stamp.events_size, &stamp.events_time);
    stamp_of(directory, "samples", NULL, &stamp.samples_time);
    stamp_of(directory, "generator.safetensors", NULL, &stamp.generator_time);
    stamp_of(directory, "config.json", NULL, &stamp.config_time);
    bool is_new = run->version == 0;
    if (is_new || stamp.metrics_size != run->stamp.metrics_size || stamp.metrics_time != run->stamp.metrics_time)
        refresh_last_row(run, directory, stamp.metrics_size);
    if (is_new || stamp.events_size != run->stamp.events_size || stamp.events_time != run->stamp.events_time)
        refresh_events(run, directory);
    stamp.state =
        state_of(&run->events, stamp.metrics_time > stamp.events_time ? stamp.metrics_time : stamp.events_time);
    if (is_new || stamps_differ(&stamp, &run->stamp))
        run->version = ++runs->version;
    run->stamp = stamp;
    run->seen = true;
}

static bool is_run(int directory)
{
    static const char *const marks[] = {"config.json", "metrics.jsonl", "events.jsonl"};
    struct stat info;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (fstatat(directory, marks[i], &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
            return true;
    return false;
}

dc_listed *dc_runs_find(const dc_runs *runs, const char *name)
{
    for (size_t i = 0; i < runs->count; i++)
        if (strcmp(runs->runs[i].name, name) == 0)
            return &runs->runs[i];
    return NULL;
}

static dc_listed *add_run(dc_runs *runs, const char *name)
{
    char *copy;
    if (runs->count == DC_MAX_RUNS || dc_strdup(name, &copy) != DCGAN_OK)
        return NULL;
    runs->membership++;
    dc_listed *run = &runs->runs[runs->count++];
    *run = (dc_listed){.name = copy};
    return run;
}

static void clear_run(dc_listed *run)
{
    free(run->name);
    dc_events_clear(&run->events);
    dc_curves_free(run->curves);
}

static void visit(dc_runs *runs, const char *name)
{
    int directory = open_directory(runs, name);
    if (directory < 0)
        return;
    if (is_run(directory)) {
        dc_listed *run = dc_runs_find(runs, name);
        if (!run)
            run = add_run(runs, name);
        if (run)
            refresh_run(runs, run, directory);
    }
    close(directory);
}

static int compare_runs(const void *a, const void *b)
{
    return strcmp(((const dc_listed *)a)->name, ((const dc_listed *)b)->name);
}

void dc_runs_scan(dc_runs *runs)
{
    uint64_t membership = runs->membership;
    for (size_t i = 0; i < runs->count; i++)
        runs->runs[i].seen = false;
    if (runs->single) {
        visit(runs, runs->single);
    } else {
        DIR *listing = opendir(runs->path);
        for (struct dirent *entry; listing && (entry = readdir(listing));)
            if (dc_name_is_component(entry->d_name) && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
                visit(runs, entry->d_name);
        if (listing)
            closedir(listing);
    }
    size_t kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->runs[i].seen)
            runs->runs[kept++] = runs->runs[i];
        else
            clear_run(&runs->runs[i]);
    }
    if (kept != runs->count)
        runs->membership++;
    runs->count = kept;
    if (runs->membership != membership) {
        runs->version++;
        qsort(runs->runs, runs->count, sizeof *runs->runs, compare_runs);
    }
}

/* ---- The set ----------------------------------------------------------------------------------------- */

static dc_status find_out_kind(dc_runs *runs)
{
    int root = open(runs->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return dc_fail_errno("%s cannot be opened as a directory of runs", runs->path);
    bool single = is_run(root);
    close(root);
    if (!single)
        return DCGAN_OK;
    char *slash = strrchr(runs->path, '/');
    return dc_strdup(slash && slash[1] ? slash + 1 : runs->path, &runs->single);
}

dc_status dc_runs_open(const char *path, dc_runs **ret_runs)
{
    char *absolute = realpath(path, NULL);
    if (!absolute)
        return dc_fail_errno("%s cannot be found", path);
    dc_runs *runs;
    dc_status status = dc_alloc(1, sizeof *runs, (void **)&runs);
    if (status != DCGAN_OK) {
        free(absolute);
        return status;
    }
    runs->path = absolute;
    status = dc_alloc(DC_MAX_RUNS, sizeof *runs->runs, (void **)&runs->runs);
    if (status == DCGAN_OK)
        status = find_out_kind(runs);
    if (status != DCGAN_OK) {
        dc_runs_close(runs);
        return status;
    }
    dc_runs_scan(runs);
    *ret_runs = runs;
    return DCGAN_OK;
}

void dc_runs_close(dc_runs *runs)
{
    if (!runs)
        return;
    for (size_t i = 0; i < runs->count; i++)
        clear_run(&runs->runs[i]);
    free(runs->runs);
    free(runs->single);
    free(runs->path);
    free(runs);
}

uint64_t dc_runs_version(const dc_runs *runs)
{
    return runs->version;
}

uint64_t dc_runs_membership(const dc_runs *runs)
{
    return runs->membership;
}

size_t dc_runs_count(const dc_runs *runs)
{
    return runs->count;
}

const dc_listed *dc_runs_at(const dc_runs *runs, size_t index)
{
    return &runs->runs[index];
}

/* Forgets the metrics that were not asked for the longest until all fit into the budget; `keep` stays. */
static void make_room(dc_runs *runs, const dc_listed *keep)
{
    for (;;) {
        size_t bytes = 0;
        dc_listed *oldest = NULL;
        for (size_t i = 0; i < runs->count; i++) {
            dc_listed *run = &runs->runs[i];
            if (!run->curves)
                continue;
            bytes += dc_curves_bytes(run->curves);
            if (run != keep && (!oldest || run->used < oldest->used))
                oldest = run;
        }
        if (bytes <= CURVES_BUDGET || !oldest)
            return;
        dc_curves_free(oldest->curves);
        oldest->curves = NULL;
    }
}

dc_status dc_listed_curves(dc_runs *runs, dc_listed *run, const dc_curves **ret_curves, int *ret_fd)
{
    int fd = -1;
    DC_TRY(dc_listed_open(runs, run, "metrics.jsonl", &fd));
    dc_status status = run->curves ? DCGAN_OK : dc_curves_create(&run->curves);
    if (status == DCGAN_OK)
        status = dc_curves_refresh(run->curves, fd, run->name);
    if (status != DCGAN_OK) {
        close(fd);
        return status;
    }
    run->used = ++runs->clock;
    make_room(runs, run);
    *ret_curves = run->curves;
    *ret_fd = fd;
    return DCGAN_OK;
}
