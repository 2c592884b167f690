/* shell.c - see shell.h. */
#include "app/shell.h"

#include <errno.h>
#include <string.h>

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%";

void dc_shell_print_word(FILE *stream, const char *word)
{
    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (; *word; word++) {
        if (*word == '\'')
            fputs("'\\''", stream);
        else
            fputc(*word, stream);
    }
    fputc('\'', stream);
}

void dc_shell_print_path(FILE *stream, const char *path)
{
    if (*path == '-')
        fputs("./", stream);
    dc_shell_print_word(stream, path);
}

void dc_shell_print_program(FILE *stream)
{
    dc_shell_print_path(stream, program_invocation_name);
}
