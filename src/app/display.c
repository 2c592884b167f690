/* display.c - see display.h. */
#include "app/display.h"

#include "app/line.h"
#include "app/preview.h"
#include "app/shell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED_SHOWN 5

static dc_status read_number(const dcgan_config *config, const char *key, double *ret_number)
{
    char *text;
    DC_TRY(dcgan_config_get(config, key, &text));
    *ret_number = strtod(text, NULL);
    dcgan_free(text);
    return DCGAN_OK;
}

/* "64" or "WxH" */
static dc_status read_size(const dcgan_config *config, int *ret_width, int *ret_height)
{
    char *text;
    DC_TRY(dcgan_config_get(config, "size", &text));
    if (sscanf(text, "%dx%d", ret_width, ret_height) == 1)
        *ret_height = *ret_width;
    dcgan_free(text);
    return DCGAN_OK;
}

dc_status dc_display_open(dc_display *display, const dcgan_config *config, const dc_arguments *arguments)
{
    bool quiet = dc_arguments_has(arguments, "quiet");
    double log_every, lr;
    DC_TRY(read_number(config, "log_every", &log_every));
    DC_TRY(read_number(config, "lr", &lr));
    *display = (dc_display){
        .terminal = dc_terminal_open(stdout),
        .errors = dc_terminal_open(stderr),
        .quiet = quiet,
        .log_every = (uint64_t)log_every,
        .lr = lr,
    };
    if (quiet)
        display->terminal.live = false;
    display->preview = display->terminal.live && dc_arguments_has(arguments, "preview");
    DC_TRY(read_size(config, &display->width, &display->height));
    setvbuf(stdout, NULL, _IOLBF, 0); /* who follows a log wants its lines as they come */
    return DCGAN_OK;
}

/* A line that stays: "label text". */
static void print_line(dc_display *display, const char *label, const char *text)
{
    if (display->quiet)
        return;
    dc_terminal_clear(&display->terminal);
    fputs(label, stdout);
    dc_terminal_print_text(stdout, text);
    putchar('\n');
}

static void print_warning(dc_display *display, const char *text)
{
    dc_terminal_clear(&display->terminal);
    fprintf(stderr, "%sdcgan: warning:%s ", dc_terminal_colour(&display->errors, DC_YELLOW),
            dc_terminal_colour(&display->errors, DC_PLAIN));
    dc_terminal_print_text(stderr, text);
    fputc('\n', stderr);
}

static void show_pictures(dc_display *display, uint64_t done, uint64_t total)
{
    char line[DC_LINE_SIZE];
    if (done == total) {
        dc_terminal_clear(&display->terminal);
    } else if (dc_terminal_is_due(&display->terminal)) {
        dc_line_bar("reading pictures", done, total, dc_terminal_width(&display->terminal) - 1, line);
        dc_terminal_draw(&display->terminal, line);
    }
}

static void count_skipped(dc_display *display, const char *text)
{
    if (display->skipped++ < SKIPPED_SHOWN)
        print_line(display, "skipped ", text);
}

static void show_start(dc_display *display, const char *run)
{
    char line[PATH_MAX + 64];
    snprintf(display->run, sizeof display->run, "%s", run);
    if (display->skipped && display->quiet) {
        snprintf(line, sizeof line, "Some pictures cannot be used (%" PRIu64 "): see %s/pictures.json",
                 display->skipped, run);
        print_warning(display, line);
    } else if (display->skipped > SKIPPED_SHOWN) {
        snprintf(line, sizeof line, "%" PRIu64 " more, %" PRIu64 " in all: see %s/pictures.json",
                 display->skipped - SKIPPED_SHOWN, display->skipped, run);
        print_line(display, "... and ", line);
    } else if (display->skipped) {
        snprintf(line, sizeof line, "%" PRIu64 " in all: see %s/pictures.json", display->skipped, run);
        print_line(display, "skipped ", line);
    }
    display->saved = display->last.step > 0;
    print_line(display, display->last.step ? "continuing " : "run ", run);
}

static void show_step(dc_display *display)
{
    const dcgan_progress *progress = &display->last;
    char line[DC_LINE_SIZE];
    if (display->terminal.live) {
        if (dc_terminal_is_due(&display->terminal)) {
            dc_line_live(progress, dc_terminal_width(&display->terminal) - 1, line);
            dc_terminal_draw(&display->terminal, line);
        }
    } else if ((progress->batch - 1) % display->log_every == 0) {
        dc_line_plain(progress, line);
        print_line(display, "", line);
    }
}

static void show_epoch(dc_display *display)
{
    const dcgan_progress *progress = &display->last;
    char line[DC_LINE_SIZE];
    if (display->terminal.live) {
        dc_line_epoch(progress, dc_terminal_width(&display->terminal) - 1, line);
        print_line(display, "", line);
    } else {
        snprintf(line, sizeof line, "%" PRIu64 "/%" PRIu64 " complete, %.0f images/s", progress->epoch,
                 progress->epochs, progress->images_per_second);
        print_line(display, "epoch ", line);
    }
}

/* On a terminal the files of each epoch would drown the rest: the summary tells where they are. */
static void show_file(dc_display *display, const char *label, const char *name)
{
    char path[PATH_MAX + NAME_MAX];
    snprintf(path, sizeof path, "%s/%s", display->run, name);
    if (!display->terminal.live)
        print_line(display, label, path);
}

static void preview(dc_display *display, const char *name)
{
    char path[PATH_MAX + NAME_MAX];
    if (!display->preview || strncmp(name, "samples/epoch_", strlen("samples/epoch_")) != 0)
        return;
    snprintf(path, sizeof path, "%s/%s", display->run, name);
    dc_terminal_clear(&display->terminal);
    if (dc_preview_draw(&display->terminal, dc_preview_best_form(), path, display->width, display->height) != DCGAN_OK)
        print_warning(display, dcgan_error_message());
}

void dc_display_event(void *context, const dcgan_event *event)
{
    dc_display *display = context;
    if (event->progress)
        display->last = *event->progress;
    switch (event->kind) {
    case DCGAN_EVENT_PICTURES:
        show_pictures(display, event->done, event->total);
        break;
    case DCGAN_EVENT_SKIPPED:
        count_skipped(display, event->text);
        break;
    case DCGAN_EVENT_NOTE:
        print_line(display, "note: ", event->text);
        break;
    case DCGAN_EVENT_WARNING:
        print_warning(display, event->text);
        break;
    case DCGAN_EVENT_STARTED:
        show_start(display, event->text);
        break;
    case DCGAN_EVENT_STEP:
        show_step(display);
        break;
    case DCGAN_EVENT_EPOCH:
        show_epoch(display);
        break;
    case DCGAN_EVENT_SAMPLES:
        snprintf(display->samples, sizeof display->samples, "%s", event->text);
        show_file(display, "samples ", event->text);
        preview(display, event->text);
        break;
    case DCGAN_EVENT_SAVED:
        display->saved = true;
        show_file(display, "saved ", event->text);
        break;
    case DCGAN_EVENT_FINISHED:
        dc_terminal_clear(&display->terminal);
        break;
    }
}

/* "To do this:", and on a line of its own, ready to be copied, "  PROGRAM COMMAND RUN ARGUMENTS". */
static void print_advice(const char *purpose, const char *command, const char *run, const char *arguments)
{
    printf("%s:\n  ", purpose);
    dc_shell_print_program(stdout);
    printf(" %s ", command);
    dc_shell_print_path(stdout, run);
    puts(arguments);
}

static void print_place(const char *what, const char *path)
{
    printf("  %-10s ", what);
    dc_terminal_print_text(stdout, path);
    putchar('\n');
}

static void print_done(const dc_display *display, const char *run)
{
    const dcgan_progress *last = &display->last;
    char spent[32], path[PATH_MAX + NAME_MAX + 64], longer[64];
    dc_line_duration(last->seconds, spent);
    printf("Trained %" PRIu64 " step%s, %" PRIu64 " epoch%s, in %s.\n", last->step, last->step == 1 ? "" : "s",
           last->epoch, last->epoch == 1 ? "" : "s", spent);
    if (*display->samples) {
        snprintf(path, sizeof path, "%s/%s", run, display->samples);
        print_place("pictures", path);
    }
    snprintf(path, sizeof path, "%s/losses.png", run);
    print_place("losses", path);
    snprintf(path, sizeof path, "%s/generator.safetensors", run);
    print_place("generator", path);
    bool whole_epochs = last->batches && last->steps % last->batches == 0;
    snprintf(longer, sizeof longer, whole_epochs ? " --epochs %" PRIu64 : " --steps %" PRIu64,
             2 * (whole_epochs ? last->epochs : last->steps));
    print_advice("To make pictures", "generate", run, " -n 64 -o pictures.png");
    print_advice("To train as long again", "resume", run, longer);
}

static void print_diverged(const dc_display *display, const char *run)
{
    char path[PATH_MAX + 16];
    if (display->saved)
        print_advice("To go on from the last good checkpoint", "resume", run, "");
    snprintf(path, sizeof path, "%s/config.json", run);
    print_advice("To train anew, at a fifth of the learning rate", "train --config", path, " \\");
    printf("    --lr %g -o ", display->lr / 5);
    snprintf(path, sizeof path, "%s-slower", run);
    dc_shell_print_path(stdout, path);
    putchar('\n');
}

void dc_display_summary(dc_display *display, const char *run, dcgan_status status)
{
    dc_terminal_clear(&display->terminal);
    if (display->quiet)
        return;
    if (status == DCGAN_OK) {
        print_done(display, run);
    } else if (status == DCGAN_E_STOPPED) {
        printf("Stopped after step %" PRIu64 " of %" PRIu64 "; everything is saved.\n", display->last.step,
               display->last.steps);
        print_advice("To continue", "resume", run, "");
    } else if (status == DCGAN_E_DIVERGED) {
        print_diverged(display, run);
    }
}
