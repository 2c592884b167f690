/* options.h - the one table of options, from which come parsing, help, the manual and the completions.
 *
 * It joins the library's settings (dcgan_setting_at: `d_steps` is --d-steps, a boolean gives --flip and
 * --no-flip) with the few options that are the program's own. */
#ifndef DC_APP_OPTIONS_H
#define DC_APP_OPTIONS_H

#include <dcgan.h>

#include <stdbool.h>

/* Commands that an option belongs to. */
enum {
    DC_FOR_TRAIN = 1 << 0,
    DC_FOR_DEMO = 1 << 1,
    DC_FOR_RESUME = 1 << 2,
    DC_FOR_GENERATE = 1 << 3,
    DC_FOR_INFO = 1 << 4,
    DC_FOR_HELP = 1 << 5,
    DC_FOR_SERVE = 1 << 6,
    DC_FOR_BENCH = 1 << 7,
    DC_FOR_TIMELAPSE = 1 << 8,
    DC_FOR_REPORT = 1 << 9,
};

typedef enum dc_completes {
    DC_COMPLETES_NOTHING,
    DC_COMPLETES_CHOICES, /* those of `value`, "a|b|c" */
    DC_COMPLETES_PATHS,
} dc_completes;

typedef struct dc_option {
    char name[32];                /* without the dashes */
    char letter;                  /* 0: none */
    const char *value;            /* what help calls its value; NULL: it takes none */
    dc_completes completes;       /* what a shell offers for the value */
    const char *help;             /* one line */
    const char *group;            /* heading it stands under */
    const dcgan_setting *setting; /* NULL: the program's own */
    bool negates;                 /* the --no- form of a boolean setting */
    unsigned commands;            /* DC_FOR_* */
} dc_option;

/* The options of the commands in `commands`, in the order of help with groups together: the one after
 * `previous`, the first for NULL; NULL after the last. */
const dc_option *dc_option_after(unsigned commands, const dc_option *previous);

#endif
