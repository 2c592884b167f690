/* nothing_found.c - see nothing_found.h. */
#include "train/nothing_found.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_NAMED   4
#define KINDS_NAMED    5
#define LONGEST_ENDING 8

typedef struct kind {
    char ending[LONGEST_ENDING + 2]; /* ".txt", in small letters; empty for names without one */
    size_t count;
} kind;

/* Only what is plainly an ending: a name may hold anything. */
static void ending_of(const char *path, char ret_ending[LONGEST_ENDING + 2])
{
    ret_ending[0] = '\0';
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? strlen(dot + 1) : 0;
    if (length == 0 || length > LONGEST_ENDING)
        return;
    for (size_t i = 1; i <= length; i++)
        if (!isascii(dot[i]) || !isalnum(dot[i]))
            return;
    for (size_t i = 0; i <= length; i++)
        ret_ending[i] = (char)tolower(dot[i]);
    ret_ending[length + 1] = '\0';
}

static int compare_endings(const void *a, const void *b)
{
    return strcmp(((const kind *)a)->ending, ((const kind *)b)->ending);
}

static int compare_counts(const void *a, const void *b)
{
    const kind *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return compare_endings(a, b);
}

/* The files' endings, most frequent first. Free with free(). */
static dc_status count_kinds(const dc_scan *scan, kind **ret_kinds, size_t *ret_count)
{
    kind *kinds;
    DC_TRY(dc_alloc(scan->file_count, sizeof *kinds, (void **)&kinds));
    for (size_t i = 0; i < scan->file_count; i++) {
        ending_of(scan->files[i].path, kinds[i].ending);
        kinds[i].count = 1;
    }
    qsort(kinds, scan->file_count, sizeof *kinds, compare_endings);
    size_t count = 0;
    for (size_t i = 0; i < scan->file_count; i++) {
        if (count > 0 && compare_endings(&kinds[count - 1], &kinds[i]) == 0)
            kinds[count - 1].count++;
        else
            kinds[count++] = kinds[i];
    }
    qsort(kinds, count, sizeof *kinds, compare_counts);
    *ret_kinds = kinds;
    *ret_count = count;
    return DCGAN_OK;
}

static void print_places(FILE *text, const dc_dataset_source *source)
{
    size_t named = source->path_count > PLACES_NAMED ? PLACES_NAMED : source->path_count;
    fputs("No picture can be used. Looked in ", text);
    for (size_t i = 0; i < named; i++)
        fprintf(text, "%s%s", i > 0 ? ", " : "", source->paths[i]);
    if (named < source->path_count)
        fprintf(text, " and %zu more places", source->path_count - named);
}

static void print_found(FILE *text, const dc_scan *scan, const kind *kinds, size_t kind_count)
{
    fprintf(text, ": found %zu file%s", scan->file_count, scan->file_count == 1 ? "" : "s");
    for (size_t i = 0; i < kind_count && i < KINDS_NAMED; i++)
        fprintf(text, "%s%zu %s", i > 0 ? ", " : " (", kinds[i].count,
                kinds[i].ending[0] ? kinds[i].ending : "without an ending");
    fputs(kind_count > KINDS_NAMED ? ", and others)" : kind_count > 0 ? ")" : "", text);
    fprintf(text, " in %zu folder%s.", scan->folder_count, scan->folder_count == 1 ? "" : "s");
}

dc_status dc_fail_nothing_found(const dc_dataset_source *source, const dc_scan *scan, const dc_skipped *skipped,
                                size_t skipped_count)
{
    kind *kinds;
    size_t kind_count, size;
    char *message = NULL;
    DC_TRY(count_kinds(scan, &kinds, &kind_count));
    FILE *text = open_memstream(&message, &size);
    if (text) {
        print_places(text, source);
        print_found(text, scan, kinds, kind_count);
        if (skipped_count > 0)
            fprintf(text, " The first: %s: %s", skipped[0].path, skipped[0].reason);
        fputs(" Supported are JPEG, PNG, WebP, GIF, TIFF and BMP.", text);
        fclose(text);
    }
    free(kinds);
    dc_status status = dc_fail(DCGAN_E_INPUT, "%s", message ? message : "No picture can be used.");
    free(message);
    return status;
}
