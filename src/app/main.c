/* main.c - the program `dcgan`: finds the command, runs it, reports its failure. */
#include "app/command.h"
#include "app/conduct.h"
#include "app/exit_code.h"
#include "app/help.h"
#include "app/terminal.h"

#include <string.h>

/* `topic`: the command whose help would have told, "" for the program's, NULL if none would. */
static void print_error(const char *topic)
{
    dc_terminal terminal = dc_terminal_open(stderr);
    fprintf(stderr, "%sdcgan:%s ", dc_terminal_colour(&terminal, DC_RED), dc_terminal_colour(&terminal, DC_PLAIN));
    dc_terminal_print_text(stderr, dcgan_error_message());
    fputc('\n', stderr);
    if (topic)
        fprintf(stderr, "`dcgan help%s%s` tells more.\n", *topic ? " " : "", topic);
}

static const char *help_topic(const dc_command *command)
{
    return command && command != &dc_command_help ? command->name : "";
}

static dc_status run_command(const dc_command *command, int argc, char **argv)
{
    dc_arguments arguments;
    DC_TRY(dc_arguments_parse(command->bit, argc, argv, &arguments));
    dc_status status = dc_arguments_has(&arguments, "help")
                           ? dc_help_print_command(stdout, command, dc_arguments_get(&arguments, "preset", NULL))
                           : command->run(&arguments);
    dc_arguments_free(&arguments);
    return status;
}

/* Results that nobody could read are a failure, too: a full disk, for one. */
static dc_status flush_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return dc_fail(DCGAN_E_IO, "Standard output cannot be written. Is the disk full?");
    return DCGAN_OK;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        dc_help_print_overview(stderr);
        return dc_exit_code_of(DCGAN_E_USAGE, 0);
    }
    if (strcmp(word, "--version") == 0) {
        printf("dcgan %s\n", dcgan_version());
        return dc_exit_code_of(flush_output(), 0);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        word = "help";

    const dc_command *command = NULL;
    dc_status status = DCGAN_OK;
    if (*word == '-')
        status = dc_fail(DCGAN_E_USAGE, "A command comes first, then its options such as %s.", word);
    else
        status = dc_command_find(word, &command);
    if (command)
        status = run_command(command, argc - 1, argv + 1);
    if (status == DCGAN_OK)
        status = flush_output();
    if (status != DCGAN_OK && status != DCGAN_E_STOPPED)
        print_error(status == DCGAN_E_USAGE ? help_topic(command) : NULL);
    return dc_exit_code_of(status, dc_conduct_signal());
}
