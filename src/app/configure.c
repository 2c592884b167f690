/* configure.c - see configure.h. */
#include "app/configure.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* A file that names a preset begins with its settings: --preset cannot stand before it. */
static dc_status load(dcgan_config *config, const char *file, const char *chosen_preset)
{
    char *preset;
    DC_TRY(dcgan_config_load(config, file));
    if (!chosen_preset)
        return DCGAN_OK;
    DC_TRY(dcgan_config_get(config, "preset", &preset));
    dc_status status = DCGAN_OK;
    if (strcmp(preset, chosen_preset) != 0)
        status = dc_fail(DCGAN_E_USAGE, "%s is made for the preset %s: leave out --preset.", file, preset);
    dcgan_free(preset);
    return status;
}

static dc_status apply(const dc_arguments *arguments, dcgan_config *config)
{
    const char *file = dc_arguments_get(arguments, "config", NULL);
    if (file)
        DC_TRY(load(config, file, dc_arguments_get(arguments, "preset", NULL)));
    for (size_t i = 0; i < arguments->count; i++) {
        const dc_argument *argument = &arguments->given[i];
        if (argument->option->setting)
            DC_TRY(dcgan_config_set(config, argument->option->setting->key, dc_argument_setting_value(argument)));
    }
    return DCGAN_OK;
}

dc_status dc_configure(const dc_arguments *arguments, const char *preset, dcgan_config **ret_config)
{
    dcgan_config *config;
    DC_TRY(dcgan_config_create(dc_arguments_get(arguments, "preset", preset), &config));
    dc_status status = apply(arguments, config);
    if (status != DCGAN_OK) {
        dcgan_config_free(config);
        return status;
    }
    *ret_config = config;
    return DCGAN_OK;
}

static dc_status find_free(const char *stem, bool bare, char **ret_path)
{
    for (int number = 1;; number++) {
        char *path;
        DC_TRY(bare && number == 1 ? dc_path(&path, "%s", stem) : dc_path(&path, "%s-%d", stem, number));
        if (!dc_path_exists(path)) {
            *ret_path = path;
            return DCGAN_OK;
        }
        free(path);
    }
}

dc_status dc_configure_out(dcgan_config *config, const char *stem, bool bare)
{
    char *out;
    DC_TRY(dcgan_config_get(config, "out", &out));
    bool is_set = *out != '\0';
    dcgan_free(out);
    if (is_set)
        return DCGAN_OK;
    char *path;
    DC_TRY(find_free(stem, bare, &path));
    dc_status status = dcgan_config_set(config, "out", path);
    free(path);
    return status;
}
