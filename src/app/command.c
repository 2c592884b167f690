/* command.c - the list of commands. */
#include "app/command.h"

#include "app/suggest.h"
#include "base/file.h"

#include <string.h>

static const dc_command *const commands[] = {
    &dc_command_train,
    &dc_command_demo,
    &dc_command_resume,
    &dc_command_generate,
    &dc_command_info,
    &dc_command_serve,
    &dc_command_bench,
    &dc_command_timelapse,
    &dc_command_report,
    &dc_command_help,
    NULL,
};

const dc_command *dc_command_at(size_t index)
{
    return commands[index];
}

static const dc_command *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

dc_status dc_command_find(const char *name, const dc_command **ret_command)
{
    const dc_command *command = find(name);
    if (command) {
        *ret_command = command;
        return DCGAN_OK;
    }
    dc_nearest nearest = dc_nearest_to(name);
    for (size_t i = 0; commands[i]; i++)
        dc_nearest_consider(&nearest, commands[i]->name);
    if (nearest.name)
        return dc_fail(DCGAN_E_USAGE, "There is no command '%s'. Did you mean '%s'?", name, nearest.name);
    if (dc_path_exists(name))
        return dc_fail(DCGAN_E_USAGE,
                       "There is no command '%s'. To train on pictures, a command comes first: dcgan train %s", name,
                       name);
    return dc_fail(DCGAN_E_USAGE, "There is no command '%s'.", name);
}
