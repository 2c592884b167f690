/* conduct.c - see conduct.h. */
#include "app/conduct.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

static dcgan_training *running; /* set before the handler is, and until it is not */
static atomic_int first_signal, signal_count;

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored; /* nowhere to complain */
}

/* The first asks to stop, the second learns that this takes its time, the third ends the program. */
static void on_signal(int number)
{
    int error = errno;
    switch (++signal_count) {
    case 1:
        first_signal = number;
        dcgan_training_stop(running);
        say("\ndcgan: stopping: finishing this step, then saving.\n");
        break;
    case 2:
        say("\ndcgan: still saving. Once more ends this at once, and what is not saved is lost.\n");
        break;
    default:
        signal(number, SIG_DFL);
        raise(number);
        break;
    }
    errno = error;
}

static void listen_to_signals(dcgan_training *training)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
    running = training;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed terminal stops a training as well, unless it was started to outlive it (nohup). */
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    /* Nor is a training lost because nobody reads its output any more. */
    signal(SIGPIPE, SIG_IGN);
    /* A file past `ulimit -f` is a failed write, which says so, not the end of the program. */
    signal(SIGXFSZ, SIG_IGN);
}

static void ignore_signals(void)
{
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

int dc_conduct_signal(void)
{
    return first_signal;
}

/* Runs and closes the training. */
static dc_status conduct(dc_display *display, dcgan_training *training)
{
    listen_to_signals(training);
    dc_status status = dcgan_training_run(training);
    dc_display_summary(display, dcgan_training_directory(training), status);
    ignore_signals();
    dcgan_training_close(training);
    fflush(stdout);
    __fpurge(stdout); /* a log that cannot be written does not make the training a failure */
    clearerr(stdout);
    return status;
}

dc_status dc_conduct_new(const dcgan_config *config, const dc_arguments *arguments)
{
    dc_display display;
    dcgan_training *training;
    DC_TRY(dc_display_open(&display, config, arguments));
    dc_status status = dcgan_training_create(config, dc_display_event, &display, &training);
    dc_terminal_clear(&display.terminal);
    return status == DCGAN_OK ? conduct(&display, training) : status;
}

dc_status dc_conduct_resume(const dcgan_config *config, const dc_arguments *arguments, const char *run,
                            const char *const *overrides, size_t override_count)
{
    dc_display display;
    dcgan_training *training;
    DC_TRY(dc_display_open(&display, config, arguments));
    dc_status status = dcgan_training_resume(run, overrides, override_count, dc_display_event, &display, &training);
    dc_terminal_clear(&display.terminal);
    return status == DCGAN_OK ? conduct(&display, training) : status;
}
