/* command.h - the subcommands: what help, the manual and the completions say of each, and what runs it.
 *
 * One file per subcommand defines its dc_command; command.c lists them. Floor 4: of the library, the
 * program uses <dcgan.h> and, for files and error messages of its own, base/. */
#ifndef DC_APP_COMMAND_H
#define DC_APP_COMMAND_H

#include "app/arguments.h"

typedef struct dc_command {
    const char *name;
    unsigned bit;         /* DC_FOR_*: which options are its own */
    const char *operands; /* "PICTURES...", or "" */
    const char *preset;   /* whose settings it begins with; NULL: it takes no preset */
    const char *summary;  /* its line in the list of commands */
    const char *about;    /* paragraphs, separated by newlines */
    const char *examples; /* command lines, separated by newlines */
    dc_status (*run)(const dc_arguments *arguments);
} dc_command;

extern const dc_command dc_command_train, dc_command_demo, dc_command_resume, dc_command_generate, dc_command_info,
    dc_command_serve, dc_command_bench, dc_command_timelapse, dc_command_report, dc_command_help;

/* The commands in the order of help, then NULL. */
const dc_command *dc_command_at(size_t index);
/* Fails with a message that suggests the nearest one if there is none of that name. */
dc_status dc_command_find(const char *name, const dc_command **ret_command);

#endif
