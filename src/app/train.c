/* train.c - `dcgan train`. */
#include "app/command.h"
#include "app/conduct.h"
#include "app/configure.h"
#include "base/file.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

/* "runs/NAME", NAME being that of the pictures' folder. */
static dc_status name_run(const char *pictures, char **ret_stem)
{
    char *real = pictures ? realpath(pictures, NULL) : NULL; /* "." and ".." have a name, too */
    char *name = real ? basename(real) : NULL;
    if (name && !dc_path_is_directory(pictures))
        name[strcspn(name, ".")] = '\0';
    bool has_name = name && *name && *name != '/';
    dc_status status = dc_path(ret_stem, "runs/%s", has_name ? name : "run");
    free(real);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    if (arguments->operand_count == 0 && !dc_arguments_has(arguments, "config"))
        return dc_fail(DCGAN_E_USAGE, "train needs pictures: one or more files or folders. "
                                      "To try it without any: dcgan demo");
    dcgan_config *config;
    DC_TRY(dc_configure(arguments, dc_command_train.preset, &config));
    dc_status status = DCGAN_OK;
    for (size_t i = 0; status == DCGAN_OK && i < arguments->operand_count; i++)
        status = dcgan_config_add_pictures(config, arguments->operands[i]);
    char *stem = NULL;
    if (status == DCGAN_OK)
        status = name_run(arguments->operand_count ? arguments->operands[0] : NULL, &stem);
    if (status == DCGAN_OK)
        status = dc_configure_out(config, stem, false);
    if (status == DCGAN_OK)
        status = dc_conduct_new(config, arguments);
    free(stem);
    dcgan_config_free(config);
    return status;
}

const dc_command dc_command_train = {
    .name = "train",
    .bit = DC_FOR_TRAIN,
    .operands = "PICTURES...",
    .preset = "faces",
    .summary = "train on your pictures",
    .about = "Trains a generator on pictures: files and folders with all that is below them, of JPEG, PNG, WebP, GIF, "
             "TIFF and BMP. The run goes to a directory of its own: -o, or the next free runs/NAME-N.\n"
             "Ctrl-C stops and saves; `dcgan resume` goes on from there, with the same result as if it had never "
             "stopped.\n"
             "Settings come from the preset, then from --config, then from the options: the later wins. Pictures on "
             "the line are added to those of --config.",
    .examples = "dcgan train photos\n"
                "dcgan train forest mountain --preset scenes -o runs/hills\n"
                "dcgan train logos --size 64x32 --no-flip --batch 32 --epochs 200\n"
                "dcgan train --config runs/hills/config.json --seed 2 -o runs/hills-again",
    .run = run,
};
