/* serve.c - `dcgan serve`: the dashboard's command line. The server itself is in src/serve/. */
#include "serve/serve.h"

#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    stop = number;
}

static void print_link(void *context, const char *link)
{
    const char *path = context;
    printf("The dashboard of %s is at\n\n    %s\n\n", path, link);
    if (getenv("SSH_CONNECTION"))
        printf("To open it at home, forward the port first: ssh -L PORT:127.0.0.1:PORT, with the port of the link.\n");
    printf("The link carries the key: whoever has it can look. Ctrl-C ends the dashboard, never a training.\n");
    fflush(stdout);
}

static dc_status run(const dc_arguments *arguments)
{
    uint64_t port = DC_SERVE_PORT;
    if (arguments->operand_count != 1)
        return dc_fail(DCGAN_E_USAGE, "serve takes one run directory, or one directory with runs in it.");
    DC_TRY(dc_arguments_get_number(arguments, "port", 0, 65535, &port));
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const dc_serve_options options = {
        .path = arguments->operands[0],
        .host = dc_arguments_get(arguments, "host", DC_SERVE_HOST),
        .port = (int)port,
        .on_ready = print_link,
        .context = (void *)arguments->operands[0],
        .stop = &stop,
    };
    return dc_serve(&options);
}

const dc_command dc_command_serve = {
    .name = "serve",
    .bit = DC_FOR_SERVE,
    .operands = "RUN|RUNS_DIR",
    .summary = "show runs in a browser: curves, samples, settings, a latent explorer",
    .about = "Shows one run, or all runs of a directory, in a browser: live losses and scores, samples over the "
             "epochs, warnings, settings, several runs over each other, and pictures made live.\n"
             "It reads the run directories and writes nothing there; stop and start it at any time. It answers only "
             "on this machine, and only to those who have the link.",
    .examples = "dcgan serve runs\n"
                "dcgan serve runs/photos-1 --port 9000",
    .run = run,
};
