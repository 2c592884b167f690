/* shell.h - command lines that can be pasted. */
#ifndef DC_APP_SHELL_H
#define DC_APP_SHELL_H

#include <stdio.h>

/* A word as a POSIX shell reads it back, quoted if need be. */
void dc_shell_print_word(FILE *stream, const char *word);
/* A path: as a word, and never one that looks like an option. */
void dc_shell_print_path(FILE *stream, const char *path);
/* This program as it was called: "dcgan", or "build/src/app/dcgan". */
void dc_shell_print_program(FILE *stream);

#endif
