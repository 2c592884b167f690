/* generator_file.c - see generator_file.h. */
#include "train/generator_file.h"

#include "base/file.h"
#include "train/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds that keep a hostile file from asking for absurd memory. */
#define MOST_CHANNELS 16384
#define MOST_BASE     64

/* The file a path stands for: in a run directory, generator.safetensors or else the newest checkpoint. */
static dc_status find_file(const char *path, char **ret_file)
{
    if (!dc_path_is_directory(path))
        return dc_path(ret_file, "%s", path);
    char *file;
    DC_TRY(dc_path(&file, "%s/generator.safetensors", path));
    if (dc_path_exists(file)) {
        *ret_file = file;
        return DCGAN_OK;
    }
    free(file);
    uint64_t *steps;
    size_t count;
    DC_TRY(dc_run_checkpoints(path, &steps, &count));
    dc_status status = count > 0 ? dc_run_checkpoint_path(path, steps[0], ret_file)
                                 : dc_fail(DCGAN_E_INPUT,
                                           "%s holds no generator yet: no generator.safetensors and no checkpoints. "
                                           "Is it a run directory?",
                                           path);
    free(steps);
    return status;
}

static const dc_stored *find_weight(const dc_generator_file *file, int module)
{
    char name[64];
    snprintf(name, sizeof name, "%smain.%d.weight", file->prefix, module);
    const dc_stored *stored = dc_safetensors_find(file->file, name);
    return stored && stored->rank == 4 && stored->dtype == DC_F32 ? stored : NULL;
}

static bool in_range(const dc_stored *weight, uint64_t most_kernel)
{
    return weight->shape[0] >= 1 && weight->shape[0] <= MOST_CHANNELS && weight->shape[1] >= 1 &&
           weight->shape[1] <= MOST_CHANNELS && weight->shape[2] >= 1 && weight->shape[2] <= most_kernel &&
           weight->shape[3] >= 1 && weight->shape[3] <= most_kernel;
}

/* Reads the chain of ConvTranspose2d weights main.0, main.3, main.6, ... (in, out, kernel, kernel). */
static bool tell_net(const dc_generator_file *file, dc_net *ret_net)
{
    int channels[DC_MAX_BLOCKS], blocks = 0;
    const dc_stored *first = find_weight(file, 0), *weight = first;
    if (!first || !in_range(first, MOST_BASE))
        return false;
    for (; weight && blocks < DC_MAX_BLOCKS; weight = find_weight(file, 3 * blocks)) {
        bool fits = blocks == 0 || (in_range(weight, 4) && weight->shape[0] == (uint64_t)channels[blocks - 1] &&
                                    weight->shape[2] == 4 && weight->shape[3] == 4);
        if (!fits)
            return false;
        channels[blocks++] = (int)weight->shape[1];
    }
    int picture = channels[blocks - 1];
    if (blocks < 2 || weight || (picture != 1 && picture != 3 && picture != 4))
        return false;
    dc_net_generator_with((int)first->shape[0], (int)first->shape[2], (int)first->shape[3], blocks - 1, channels,
                          ret_net);
    return true;
}

dc_status dc_generator_file_open(const char *path, dc_generator_file *ret_file)
{
    char *name = NULL;
    DC_TRY(find_file(path, &name));
    dc_generator_file file = {.prefix = ""};
    dc_status status = dc_safetensors_open(name, &file.file);
    if (status == DCGAN_OK) {
        if (!find_weight(&file, 0))
            file.prefix = "netG.";
        if (!tell_net(&file, &file.net)) {
            status = dc_fail(DCGAN_E_INPUT,
                             "%s holds no DCGAN generator: its ConvTranspose2d weights main.0, main.3, ... (or "
                             "netG.main.0, ...) are missing or do not fit together.",
                             name);
            dc_safetensors_close(file.file);
        }
    }
    free(name);
    if (status == DCGAN_OK)
        *ret_file = file;
    return status;
}

void dc_generator_file_close(dc_generator_file *file)
{
    dc_safetensors_close(file->file);
    file->file = NULL;
}
