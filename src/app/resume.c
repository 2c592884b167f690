/* resume.c - `dcgan resume`. */
#include "app/command.h"
#include "app/conduct.h"
#include "base/file.h"
#include "base/memory.h"

#include <stdlib.h>

/* The given settings as "key=value", and set in `config`. */
static dc_status collect(const dc_arguments *arguments, dcgan_config *config, char **overrides, size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; i < arguments->count; i++) {
        const dc_argument *argument = &arguments->given[i];
        if (!argument->option->setting)
            continue;
        const char *key = argument->option->setting->key, *value = dc_argument_setting_value(argument);
        DC_TRY(dcgan_config_set(config, key, value));
        DC_TRY(dc_path(&overrides[count], "%s=%s", key, value));
        *ret_count = ++count;
    }
    return DCGAN_OK;
}

static dc_status load_config(const char *run, dcgan_config *config)
{
    char *path;
    DC_TRY(dc_path(&path, "%s/config.json", run));
    dc_status status = DCGAN_OK;
    if (!dc_path_is_directory(run))
        status = dc_fail(DCGAN_E_IO, "%s is not a run directory: there is no such folder.", run);
    else if (!dc_path_exists(path))
        status = dc_fail(DCGAN_E_INPUT, "%s is not a run directory: it has no config.json.", run);
    else
        status = dcgan_config_load(config, path);
    free(path);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    if (arguments->operand_count != 1)
        return dc_fail(DCGAN_E_USAGE, "resume needs one run directory, such as runs/photos-1.");
    const char *directory = arguments->operands[0];
    char **overrides = NULL;
    size_t override_count = 0;
    dcgan_config *config;
    DC_TRY(dcgan_config_create("faces", &config));
    dc_status status = load_config(directory, config);
    if (status == DCGAN_OK)
        status = dc_alloc(arguments->count + 1, sizeof *overrides, (void **)&overrides);
    if (status == DCGAN_OK)
        status = collect(arguments, config, overrides, &override_count);
    if (status == DCGAN_OK)
        status = dc_conduct_resume(config, arguments, directory, (const char *const *)overrides, override_count);
    for (size_t i = 0; i < override_count; i++)
        free(overrides[i]);
    free(overrides);
    dcgan_config_free(config);
    return status;
}

const dc_command dc_command_resume = {
    .name = "resume",
    .bit = DC_FOR_RESUME,
    .operands = "RUN",
    .summary = "continue a run",
    .about = "Continues a run from its newest checkpoint, to the bit what a run without the stop gives. With a larger "
             "--epochs a finished run goes on, too.",
    .examples = "dcgan resume runs/photos-1\n"
                "dcgan resume demo --epochs 100",
    .run = run,
};
