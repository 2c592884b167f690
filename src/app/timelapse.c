/* timelapse.c - `dcgan timelapse`: the same latents' pictures over the epochs of a run, moving or side by side. */
#include "app/command.h"
#include "app/run_samples.h"
#include "app/terminal.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_OUT "evolution.webp"
#define DEFAULT_FPS 8
#define LABEL_SIZE  32 /* bytes */

/* Epochs that are shown, with the texts of their frames. */
typedef struct dc_choice {
    const char *run;
    dc_run_samples there;
    uint64_t *epochs; /* ascending; has room for all that are there */
    size_t count;
    dcgan_frame *frames;
    char (*labels)[LABEL_SIZE];
} dc_choice;

static uint64_t last_of(const dc_run_samples *there)
{
    return there->epochs[there->count - 1];
}

static bool is_there(const dc_run_samples *there, uint64_t epoch)
{
    for (size_t i = 0; i < there->count; i++)
        if (there->epochs[i] == epoch)
            return true;
    return false;
}

/* ---- Which epochs ------------------------------------------------------------------------------------ */

/* "1", or "last" */
static dc_status read_epoch(const dc_choice *choice, const char *word, uint64_t *ret_epoch)
{
    char *end;
    uint64_t epoch = strtoull(word, &end, 10);
    if (strcmp(word, "last") == 0)
        epoch = last_of(&choice->there);
    else if (*word < '0' || *word > '9' || *end)
        return dc_fail(DCGAN_E_USAGE, "--epochs takes numbers and 'last', such as 1,10,100,last, not '%s'.", word);
    if (!is_there(&choice->there, epoch))
        return dc_fail(DCGAN_E_USAGE,
                       "%s has no samples of epoch %" PRIu64 "; the first are of %" PRIu64 ", the last of %" PRIu64 ".",
                       choice->run, epoch, choice->there.epochs[0], last_of(&choice->there));
    *ret_epoch = epoch;
    return DCGAN_OK;
}

static dc_status choose_listed(dc_choice *choice, const char *list)
{
    char *words, *rest;
    dc_status status = DCGAN_OK;
    DC_TRY(dc_strdup(list, &words));
    for (char *word = strtok_r(words, ",", &rest); word && status == DCGAN_OK; word = strtok_r(NULL, ",", &rest)) {
        if (choice->count == choice->there.count)
            status = dc_fail(DCGAN_E_USAGE, "--epochs names more epochs than there are samples.");
        else
            status = read_epoch(choice, word, &choice->epochs[choice->count]);
        choice->count += status == DCGAN_OK;
    }
    free(words);
    return status;
}

static void choose_every(dc_choice *choice, uint64_t every)
{
    for (size_t i = 0; i < choice->there.count; i++)
        if (choice->there.epochs[i] % every == 0 || i + 1 == choice->there.count)
            choice->epochs[choice->count++] = choice->there.epochs[i];
}

/* A few whose differences show: 1, 10, 100, ... and the last; of a short run 1, 4, 16, 64. */
static void choose_few(dc_choice *choice)
{
    uint64_t last = last_of(&choice->there), factor = last < 100 ? 4 : 10;
    for (uint64_t epoch = 1; epoch < last; epoch *= factor)
        if (is_there(&choice->there, epoch))
            choice->epochs[choice->count++] = epoch;
    choice->epochs[choice->count++] = last;
}

static bool is_strip(const char *out)
{
    size_t length = strlen(out);
    return length >= 4 && strcasecmp(out + length - 4, ".png") == 0;
}

static dc_status choose(dc_choice *choice, const dc_arguments *arguments, const char *out)
{
    uint64_t every = 1;
    const char *list = dc_arguments_get(arguments, "epochs", NULL);
    bool has_every = dc_arguments_has(arguments, "every");
    if (list && has_every)
        return dc_fail(DCGAN_E_USAGE, "--epochs and --every both say which epochs: give one of them.");
    DC_TRY(dc_arguments_get_number(arguments, "every", 1, UINT64_MAX, &every));
    if (list)
        return choose_listed(choice, list);
    if (is_strip(out) && !has_every)
        choose_few(choice);
    else
        choose_every(choice, every);
    return DCGAN_OK;
}

/* ---- Making it --------------------------------------------------------------------------------------- */

static dc_status name_frames(dc_choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        char *path;
        DC_TRY(dc_run_samples_path(choice->run, choice->epochs[i], &path));
        snprintf(choice->labels[i], LABEL_SIZE, "epoch %" PRIu64, choice->epochs[i]);
        choice->frames[i] = (dcgan_frame){.path = path, .label = choice->labels[i]};
    }
    return DCGAN_OK;
}

static dc_status make(dc_choice *choice, const dc_arguments *arguments)
{
    const char *out = dc_arguments_get(arguments, "out", DEFAULT_OUT);
    uint64_t fps = DEFAULT_FPS;
    size_t room = choice->there.count;
    DC_TRY(dc_arguments_get_number(arguments, "fps", 1, 50, &fps));
    DC_TRY(dc_alloc(room, sizeof *choice->epochs, (void **)&choice->epochs));
    DC_TRY(dc_alloc(room, sizeof *choice->frames, (void **)&choice->frames));
    DC_TRY(dc_alloc(room, sizeof *choice->labels, (void **)&choice->labels));
    DC_TRY(choose(choice, arguments, out));
    DC_TRY(name_frames(choice));
    DC_TRY(dcgan_save_frames(out, choice->frames, choice->count, (double)fps));
    if (!dc_arguments_has(arguments, "quiet")) {
        fputs("Wrote ", stdout);
        dc_terminal_print_text(stdout, out);
        printf(": %zu epoch%s, up to epoch %" PRIu64 ".\n", choice->count, choice->count == 1 ? "" : "s",
               choice->epochs[choice->count - 1]);
    }
    return DCGAN_OK;
}

static dc_status run(const dc_arguments *arguments)
{
    if (arguments->operand_count != 1)
        return dc_fail(DCGAN_E_USAGE, "timelapse needs one run directory, such as runs/photos-1.");
    dc_choice choice = {.run = arguments->operands[0]};
    DC_TRY(dc_run_samples_list(choice.run, &choice.there));
    dc_status status = make(&choice, arguments);
    for (size_t i = 0; choice.frames && i < choice.there.count; i++)
        free((char *)choice.frames[i].path);
    free(choice.labels);
    free(choice.frames);
    free(choice.epochs);
    dc_run_samples_free(&choice.there);
    return status;
}

const dc_command dc_command_timelapse = {
    .name = "timelapse",
    .bit = DC_FOR_TIMELAPSE,
    .operands = "RUN",
    .summary = "show how a run's pictures took shape: WebP, GIF, or a PNG strip",
    .about =
        "Puts the samples of a run's epochs into one file. They are made from the same noise, so that each picture "
        "can be followed from beginning to end.\n"
        "The name's end says what is made: .webp and .gif move through all epochs, .png has a few of them side by "
        "side.",
    .examples = "dcgan timelapse runs/photos-1\n"
                "dcgan timelapse runs/photos-1 -o evolution.gif --every 5 --fps 4\n"
                "dcgan timelapse runs/photos-1 -o evolution.png --epochs 1,10,100,last",
    .run = run,
};
