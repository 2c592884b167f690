/* help.h - the three texts made from the tables of commands and options. */
#ifndef DC_APP_HELP_H
#define DC_APP_HELP_H

#include "app/command.h"

#include <stdio.h>

/* What the program is and which commands it has. */
void dc_help_print_overview(FILE *stream);
/* Help of one command, with the defaults of a preset; NULL: those of the command's own. */
dc_status dc_help_print_command(FILE *stream, const dc_command *command, const char *preset);

/* The manual page, in scdoc's format. */
void dc_manual_print(FILE *stream);
/* The completions of "bash", "zsh" or "fish". */
dc_status dc_completion_print(FILE *stream, const char *shell);

/* The positive form's range of a number setting, "1..4096" or "0 or more"; "" for other options. */
void dc_help_range(const dc_option *option, char ret_text[64]);

#endif
