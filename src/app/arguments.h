/* arguments.h - a command line, read with the options of its command. */
#ifndef DC_APP_ARGUMENTS_H
#define DC_APP_ARGUMENTS_H

#include "app/options.h"
#include "base/status.h"

#include <stddef.h>

typedef struct dc_argument {
    const dc_option *option;
    const char *value; /* NULL if the option takes none */
} dc_argument;

typedef struct dc_arguments {
    dc_argument *given; /* the options in the order of the line */
    size_t count;
    const char *const *operands; /* what is left */
    size_t operand_count;
} dc_arguments;

/* Reads argv[1..] with the options of `commands` (DC_FOR_*); argv is permuted, and the arguments point into it. */
dc_status dc_arguments_parse(unsigned commands, int argc, char **argv, dc_arguments *ret_arguments);
void dc_arguments_free(dc_arguments *arguments);

/* The last value of an option, or `fallback`. */
const char *dc_arguments_get(const dc_arguments *arguments, const char *name, const char *fallback);
bool dc_arguments_has(const dc_arguments *arguments, const char *name);
/* A whole number between `minimum` and `maximum`; untouched if the option is not given. */
dc_status dc_arguments_get_number(const dc_arguments *arguments, const char *name, uint64_t minimum, uint64_t maximum,
                                  uint64_t *ret_number);

/* "true" or "false" for a boolean setting's two options, else the value. */
const char *dc_argument_setting_value(const dc_argument *argument);

#endif
