/* run_samples.c - see run_samples.h. */
#include "app/run_samples.h"

#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_grid(const char *name, uint64_t *ret_epoch)
{
    int length = 0;
    return sscanf(name, "epoch_%" SCNu64 ".png%n", ret_epoch, &length) == 1 && length > 0 && name[length] == '\0';
}

static dc_status add(dc_run_samples *samples, uint64_t epoch)
{
    uint64_t *grown = realloc(samples->epochs, (samples->count + 1) * sizeof *grown);
    if (!grown)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a list of samples.");
    samples->epochs = grown;
    samples->epochs[samples->count++] = epoch;
    return DCGAN_OK;
}

static dc_status read_folder(DIR *folder, dc_run_samples *samples)
{
    struct dirent *entry;
    uint64_t epoch;
    while ((entry = readdir(folder)))
        if (is_grid(entry->d_name, &epoch))
            DC_TRY(add(samples, epoch));
    return DCGAN_OK;
}

dc_status dc_run_samples_list(const char *run, dc_run_samples *ret_samples)
{
    char *path;
    dc_run_samples samples = {0};
    DC_TRY(dc_path(&path, "%s/samples", run));
    DIR *folder = opendir(path);
    free(path);
    if (!folder)
        return dc_fail(DCGAN_E_INPUT, "%s is not a run directory: it has no folder samples.", run);
    dc_status status = read_folder(folder, &samples);
    closedir(folder);
    if (status != DCGAN_OK) {
        free(samples.epochs);
        return status;
    }
    if (!samples.epochs)
        return dc_fail(DCGAN_E_INPUT, "%s has no samples yet.", run);
    qsort(samples.epochs, samples.count, sizeof *samples.epochs, ascending);
    *ret_samples = samples;
    return DCGAN_OK;
}

void dc_run_samples_free(dc_run_samples *samples)
{
    free(samples->epochs);
    *samples = (dc_run_samples){0};
}

dc_status dc_run_samples_path(const char *run, uint64_t epoch, char **ret_path)
{
    return dc_path(ret_path, "%s/samples/epoch_%04" PRIu64 ".png", run, epoch);
}
