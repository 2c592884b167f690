/* info.c - `dcgan info`. */
#include "app/command.h"
#include "app/configure.h"

#include <stdio.h>

static dc_status describe_settings(const dc_arguments *arguments, char **ret_text)
{
    dcgan_config *config;
    DC_TRY(dc_configure(arguments, dc_command_info.preset, &config));
    dc_status status = dcgan_describe_config(config, ret_text);
    dcgan_config_free(config);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    char *text;
    if (arguments->operand_count > 1)
        return dc_fail(DCGAN_E_USAGE, "info takes one run or file at a time.");
    if (arguments->operand_count == 1 && arguments->count)
        return dc_fail(DCGAN_E_USAGE, "info takes a run or file, or settings, not both.");
    if (arguments->operand_count == 1)
        DC_TRY(dcgan_describe_path(arguments->operands[0], &text));
    else
        DC_TRY(describe_settings(arguments, &text));
    fputs(text, stdout);
    dcgan_free(text);
    return DCGAN_OK;
}

const dc_command dc_command_info = {
    .name = "info",
    .bit = DC_FOR_INFO,
    .operands = "[RUN|FILE]",
    .preset = "faces",
    .summary = "show nets, parameters, memory and work before anything is spent",
    .about = "Describes the two nets, their parameters, the memory and the work of a step: of a run directory, a "
             "checkpoint, a generator or a configuration file; or, without a file, of the settings given.",
    .examples = "dcgan info runs/photos-1\n"
                "dcgan info --preset faces --size 128",
    .run = run,
};
