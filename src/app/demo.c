/* demo.c - `dcgan demo`. */
#include "app/command.h"
#include "app/conduct.h"
#include "app/configure.h"

static dc_status run(const dc_arguments *arguments)
{
    if (arguments->operand_count)
        return dc_fail(DCGAN_E_USAGE, "demo has pictures of its own. To train on yours: dcgan train %s",
                       arguments->operands[0]);
    dcgan_config *config;
    DC_TRY(dc_configure(arguments, dc_command_demo.preset, &config));
    dc_status status = dcgan_config_add_pictures(config, DCGAN_DEMO_FACES);
    if (status == DCGAN_OK)
        status = dc_configure_out(config, "demo", true);
    if (status == DCGAN_OK)
        status = dc_conduct_new(config, arguments);
    dcgan_config_free(config);
    return status;
}

const dc_command dc_command_demo = {
    .name = "demo",
    .bit = DC_FOR_DEMO,
    .operands = "",
    .preset = "demo",
    .summary = "train on the built-in cartoon faces, in minutes",
    .about = "Trains on the 2,048 cartoon faces that are part of the program. The run goes to ./demo, or ./demo-2 and "
             "so on. Its samples/ shows the faces take shape.",
    .examples = "dcgan demo\n"
                "dcgan demo --epochs 5 -o faces-quick\n"
                "dcgan demo --preset faces",
    .run = run,
};
