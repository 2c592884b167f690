/* help.c - `dcgan help`: help for the terminal. */
#include "app/help.h"

#include "app/exit_code.h"

#include <string.h>

#define WIDTH       80
#define HELP_COLUMN 26

static const char tagline[] = "train a DCGAN on a folder of pictures and generate pictures from it";

/* Words of `text` between two margins; the cursor is at `column`. A line feed begins a new paragraph. */
static void print_wrapped(FILE *stream, const char *text, size_t column, size_t indent)
{
    for (;;) {
        while (*text == ' ' || *text == '\n')
            text++;
        size_t length = strcspn(text, " \n");
        if (length == 0)
            break;
        bool first = column <= indent;
        if (!first && column + 1 + length > WIDTH) {
            fputc('\n', stream);
            column = 0;
            first = true;
        }
        for (; column < indent; column++)
            fputc(' ', stream);
        fprintf(stream, "%s%.*s", first ? "" : " ", (int)length, text);
        column += length + !first;
        text += length;
        if (*text == '\n') {
            fputs("\n\n", stream);
            column = 0;
        }
    }
    fputc('\n', stream);
}

static void print_indented(FILE *stream, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        fprintf(stream, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void print_exit_codes(FILE *stream)
{
    fputs("\nExit codes\n", stream);
    for (size_t i = 0; dc_exit_code_at(i); i++)
        fprintf(stream, "  %3d  %s\n", dc_exit_code_at(i)->code, dc_exit_code_at(i)->meaning);
}

void dc_help_print_overview(FILE *stream)
{
    fprintf(stream, "dcgan %s - %s\n\nusage: dcgan COMMAND [OPTIONS]\n\nCommands\n", dcgan_version(), tagline);
    for (size_t i = 0; dc_command_at(i); i++)
        fprintf(stream, "  %-9s %s\n", dc_command_at(i)->name, dc_command_at(i)->summary);
    fputs("\nExamples\n", stream);
    print_indented(stream, "dcgan demo\n"
                           "dcgan train photos -o run\n"
                           "dcgan generate run -n 64 -o pictures.png");
    print_exit_codes(stream);
    fputs("\n`dcgan help COMMAND` lists its options; `man dcgan` has everything.\n", stream);
}

void dc_help_range(const dc_option *option, char ret_text[64])
{
    const dcgan_setting *setting = option->setting;
    *ret_text = '\0';
    if (!setting || (setting->type != DCGAN_SETTING_INTEGER && setting->type != DCGAN_SETTING_REAL))
        return;
    if (setting->maximum >= 1e6)
        snprintf(ret_text, 64, "%g or more", setting->minimum);
    else
        snprintf(ret_text, 64, "%g..%g", setting->minimum, setting->maximum);
}

/* "      --flip, --no-flip", "  -o, --out RUN"; returns the columns used. */
static size_t print_option_name(FILE *stream, const dc_option *option)
{
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int columns = fprintf(stream, "  %s--%s", letter, option->name);
    if (option->setting && option->setting->type == DCGAN_SETTING_BOOLEAN)
        columns += fprintf(stream, ", --no-%s", option->name);
    if (option->value)
        columns += fprintf(stream, " %s", option->value);
    return (size_t)columns;
}

/* " [64]", " [--no-flip]", or "". */
static dc_status format_default(const dc_option *option, const dcgan_config *defaults, char ret_text[128])
{
    char *value;
    *ret_text = '\0';
    if (!defaults || !option->setting)
        return DCGAN_OK;
    DC_TRY(dcgan_config_get(defaults, option->setting->key, &value));
    if (option->setting->type == DCGAN_SETTING_BOOLEAN)
        snprintf(ret_text, 128, " [--%s%s]", strcmp(value, "true") == 0 ? "" : "no-", option->name);
    else if (*value)
        snprintf(ret_text, 128, " [%s]", value);
    dcgan_free(value);
    return DCGAN_OK;
}

static dc_status print_option(FILE *stream, const dc_option *option, const dcgan_config *defaults)
{
    char range[64], value[128], text[512];
    dc_help_range(option, range);
    DC_TRY(format_default(option, defaults, value));
    snprintf(text, sizeof text, "%s%s%s%s%s", option->help, *range ? " (" : "", range, *range ? ")" : "", value);
    size_t column = print_option_name(stream, option);
    if (column + 2 > HELP_COLUMN) {
        fputc('\n', stream);
        column = 0;
    }
    print_wrapped(stream, text, column, HELP_COLUMN);
    return DCGAN_OK;
}

static dc_status print_options(FILE *stream, const dc_command *command, const dcgan_config *defaults)
{
    const char *group = "";
    for (const dc_option *option = NULL; (option = dc_option_after(command->bit, option));) {
        if (option->negates)
            continue;
        if (strcmp(group, option->group) != 0)
            fprintf(stream, "\n%s\n", option->group);
        group = option->group;
        DC_TRY(print_option(stream, option, defaults));
    }
    return DCGAN_OK;
}

dc_status dc_help_print_command(FILE *stream, const dc_command *command, const char *preset)
{
    dcgan_config *defaults = NULL;
    if (!preset)
        preset = command->preset;
    if (command->preset)
        DC_TRY(dcgan_config_create(preset, &defaults));
    fprintf(stream, "usage: dcgan %s%s%s [OPTIONS]\n\n", command->name, *command->operands ? " " : "",
            command->operands);
    print_wrapped(stream, command->about, 0, 0);
    fputs("\nExamples\n", stream);
    print_indented(stream, command->examples);
    dc_status status = print_options(stream, command, defaults);
    if (defaults)
        fprintf(stream, "\nIn brackets: the defaults of preset %s. Another's: dcgan help %s --preset NAME\n", preset,
                command->name);
    dcgan_config_free(defaults);
    return status;
}

static dc_status run(const dc_arguments *arguments)
{
    const char *shell = dc_arguments_get(arguments, "completion", NULL);
    const dc_command *command;
    if (shell)
        return dc_completion_print(stdout, shell);
    if (dc_arguments_has(arguments, "man")) {
        dc_manual_print(stdout);
        return DCGAN_OK;
    }
    if (arguments->operand_count == 0) {
        dc_help_print_overview(stdout);
        return DCGAN_OK;
    }
    DC_TRY(dc_command_find(arguments->operands[0], &command));
    return dc_help_print_command(stdout, command, dc_arguments_get(arguments, "preset", NULL));
}

const dc_command dc_command_help = {
    .name = "help",
    .bit = DC_FOR_HELP,
    .operands = "[COMMAND]",
    .summary = "tell about the program, or about a command and its options",
    .about = "Prints help about the program or one of its commands. It also prints the sources of the manual page and "
             "of the shells' completions, which the installation puts in their places.",
    .examples = "dcgan help train\n"
                "dcgan help train --preset scenes\n"
                "dcgan help --completion bash > ~/.local/share/bash-completion/completions/dcgan",
    .run = run,
};
