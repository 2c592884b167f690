/* scan.c - see scan.h. A folder is entered once, so that links can neither loop nor multiply. */
#include "train/scan.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

typedef struct folder_id {
    dev_t device;
    ino_t inode;
} folder_id;

typedef struct walker {
    dc_scan *scan;
    void *entered; /* tsearch tree of folder_id */
    size_t file_capacity;
} walker;

static dc_status visit(walker *walk, const char *path, bool given);

static dc_status skip(walker *walk, const char *path, const char *reason)
{
    return dc_skip_text_add(&walk->scan->skipped, path, reason);
}

static dc_status skip_errno(walker *walk, const char *path)
{
    if (errno == ENOMEM)
        return dc_fail_errno("%s cannot be examined", path);
    char reason[128];
    snprintf(reason, sizeof reason, "It cannot be read: %s.", strerror(errno));
    return skip(walk, path, reason);
}

static const char *special_kind(mode_t mode)
{
    if (S_ISFIFO(mode))
        return "This is a named pipe, not a file.";
    if (S_ISSOCK(mode))
        return "This is a socket, not a file.";
    return "This is a device, not a file.";
}

static uint64_t file_stamp(const struct stat *info)
{
    /* Owner and mode decide whether a file can be read: chmod and chown do not change the other two. */
    const uint64_t facts[] = {(uint64_t)info->st_size, (uint64_t)info->st_mtim.tv_sec, (uint64_t)info->st_mtim.tv_nsec,
                              (uint64_t)info->st_mode, (uint64_t)info->st_uid,         (uint64_t)info->st_gid};
    return XXH3_64bits(facts, sizeof facts);
}

static dc_status add_file(walker *walk, const char *path, const struct stat *info)
{
    dc_scan *scan = walk->scan;
    if (scan->file_count == walk->file_capacity) {
        size_t capacity = walk->file_capacity ? 2 * walk->file_capacity : 1024;
        dc_scan_file *files = reallocarray(scan->files, capacity, sizeof *files);
        if (!files)
            return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the paths of %zu files.", capacity);
        scan->files = files;
        walk->file_capacity = capacity;
    }
    char *copy;
    DC_TRY(dc_strdup(path, &copy));
    scan->files[scan->file_count++] =
        (dc_scan_file){.path = copy, .stamp = file_stamp(info), .device = info->st_dev, .inode = info->st_ino};
    return DCGAN_OK;
}

static int compare_folders(const void *a, const void *b)
{
    const folder_id *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    return (left->inode > right->inode) - (left->inode < right->inode);
}

static dc_status enter_once(walker *walk, const struct stat *info, bool *ret_first)
{
    folder_id *id;
    DC_TRY(dc_alloc(1, sizeof *id, (void **)&id));
    *id = (folder_id){.device = info->st_dev, .inode = info->st_ino};
    folder_id **node = tsearch(id, &walk->entered, compare_folders);
    bool first = node && *node == id;
    if (!first)
        free(id);
    if (!node)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the list of folders.");
    *ret_first = first;
    return DCGAN_OK;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static dc_status visit_folder(walker *walk, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, compare_names);
    if (count < 0)
        return skip_errno(walk, path);
    walk->scan->folder_count++;
    dc_status status = DCGAN_OK;
    for (int i = 0; i < count; i++) {
        char *below = NULL;
        if (status == DCGAN_OK)
            status = dc_path(&below, "%s/%s", strcmp(path, "/") == 0 ? "" : path, entries[i]->d_name);
        if (status == DCGAN_OK)
            status = visit(walk, below, false);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* A run's samples are no pictures to train on: it may lie below a folder of pictures (`dcgan train .`). */
static bool is_run(const char *folder)
{
    static const char *const marks[] = {"config.json", "metrics.jsonl"};
    bool all = true;
    for (int i = 0; all && i < 2; i++) {
        char *path;
        all = dc_path(&path, "%s/%s", folder, marks[i]) == DCGAN_OK;
        if (all) {
            all = dc_path_exists(path);
            free(path);
        }
    }
    return all;
}

/* The depth of this recursion is bounded by the longest path the system takes. */
static dc_status visit(walker *walk, const char *path, bool given)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return skip_errno(walk, path);
    if (S_ISREG(info.st_mode))
        return add_file(walk, path, &info);
    if (!S_ISDIR(info.st_mode))
        return skip(walk, path, special_kind(info.st_mode));
    if (!given && is_run(path))
        return skip(walk, path, "This folder is a training's run directory.");
    bool first = false;
    DC_TRY(enter_once(walk, &info, &first));
    if (first)
        return visit_folder(walk, path);
    return given ? DCGAN_OK : skip(walk, path, "This folder was already read under another path.");
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static dc_status resolve_places(dc_scan *scan, const char *const *paths, size_t path_count)
{
    DC_TRY(dc_alloc(path_count, sizeof *scan->places, (void **)&scan->places));
    for (size_t i = 0; i < path_count; i++) {
        if (strcmp(paths[i], DCGAN_DEMO_FACES) == 0) {
            scan->demo_faces = true;
            continue;
        }
        char *place = realpath(paths[i], NULL);
        if (!place)
            return dc_fail_errno("Pictures were to be read from \"%s\", but it cannot be found", paths[i]);
        scan->places[scan->place_count++] = place;
    }
    qsort(scan->places, scan->place_count, sizeof *scan->places, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < scan->place_count; i++) {
        if (kept > 0 && strcmp(scan->places[kept - 1], scan->places[i]) == 0)
            free(scan->places[i]);
        else
            scan->places[kept++] = scan->places[i];
    }
    scan->place_count = kept;
    return DCGAN_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const dc_scan_file *)a)->path, ((const dc_scan_file *)b)->path);
}

/* Which file, then which path: the paths of one file stand together. */
static int compare_identities(const void *a, const void *b)
{
    const dc_scan_file *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    if (left->inode != right->inode)
        return left->inode < right->inode ? -1 : 1;
    return compare_paths(a, b);
}

/* Equal stamps are asked for too: on some network file systems different files share an inode number. */
static bool same_file(const dc_scan_file *a, const dc_scan_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->stamp == b->stamp;
}

static void sort_files_once_each(dc_scan *scan)
{
    dc_scan_file *files = scan->files;
    if (!files)
        return;
    qsort(files, scan->file_count, sizeof *files, compare_identities);
    size_t kept = 0;
    for (size_t i = 0; i < scan->file_count; i++) {
        if (kept > 0 && same_file(&files[kept - 1], &files[i]))
            free(files[i].path);
        else
            files[kept++] = files[i];
    }
    scan->file_count = kept;
    qsort(files, kept, sizeof *files, compare_paths);
}

static dc_status scan_into(dc_scan *scan, const char *const *paths, size_t path_count)
{
    DC_TRY(dc_skip_text_open(&scan->skipped));
    DC_TRY(resolve_places(scan, paths, path_count));
    walker walk = {.scan = scan};
    dc_status status = DCGAN_OK;
    for (size_t i = 0; i < scan->place_count && status == DCGAN_OK; i++)
        status = visit(&walk, scan->places[i], true);
    tdestroy(walk.entered, free);
    if (status == DCGAN_OK)
        status = dc_skip_text_flush(&scan->skipped);
    if (status == DCGAN_OK)
        sort_files_once_each(scan);
    return status;
}

dc_status dc_scan_places(const char *const *paths, size_t path_count, dc_scan **ret_scan)
{
    dc_scan *scan;
    DC_TRY(dc_alloc(1, sizeof *scan, (void **)&scan));
    dc_status status = scan_into(scan, paths, path_count);
    if (status != DCGAN_OK) {
        dc_scan_free(scan);
        return status;
    }
    *ret_scan = scan;
    return DCGAN_OK;
}

void dc_scan_free(dc_scan *scan)
{
    if (!scan)
        return;
    for (size_t i = 0; i < scan->file_count; i++)
        free(scan->files[i].path);
    free(scan->files);
    for (size_t i = 0; i < scan->place_count; i++)
        free(scan->places[i]);
    free(scan->places);
    dc_skip_text_close(&scan->skipped);
    free(scan);
}
