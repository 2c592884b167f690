/* exit_code.h - what the program's exit codes mean: one table for the program, its help and its manual. */
#ifndef DC_APP_EXIT_CODE_H
#define DC_APP_EXIT_CODE_H

#include <dcgan.h>

typedef struct dc_exit_code {
    int code;
    dcgan_status status;
    const char *meaning;
} dc_exit_code;

/* In their order, then NULL. */
const dc_exit_code *dc_exit_code_at(size_t index);
/* For what a command returned. `signal`: what stopped it, or 0. */
int dc_exit_code_of(dcgan_status status, int signal);

#endif
