/* manual.c - the manual page dcgan(1), in scdoc's format. */
#include "app/help.h"

#include "app/exit_code.h"

#include <string.h>

/* Text with what scdoc would take for markup escaped; a line feed begins a new paragraph, each of them indented
 * by `indent`, which follows what stands before. */
static void print_text(FILE *stream, const char *text, const char *indent)
{
    for (; *text; text++) {
        if (*text == '\n') {
            fprintf(stream, "\n\n%s", indent);
            continue;
        }
        if (strchr("_*\\#[]<>", *text))
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

static void print_synopsis(FILE *stream)
{
    fputs("# SYNOPSIS\n\n", stream);
    for (size_t i = 0; dc_command_at(i); i++) {
        const dc_command *command = dc_command_at(i);
        fprintf(stream, "*dcgan %s* ", command->name);
        print_text(stream, command->operands, "");
        fprintf(stream, "%s\\[options\\]%s\n", *command->operands ? " " : "", dc_command_at(i + 1) ? "++" : "");
    }
}

static void print_commands(FILE *stream)
{
    fputs("\n# COMMANDS\n", stream);
    for (size_t i = 0; dc_command_at(i); i++) {
        const dc_command *command = dc_command_at(i);
        fprintf(stream, "\n*%s* ", command->name);
        print_text(stream, command->operands, "");
        fputs("\n\t", stream);
        print_text(stream, command->about, "\t");
        fputs("\n", stream);
    }
}

static void print_owners(FILE *stream, const dc_option *option)
{
    const char *separator = " For: ";
    for (size_t i = 0; dc_command_at(i); i++) {
        if (!(dc_command_at(i)->bit & option->commands))
            continue;
        fprintf(stream, "%s%s", separator, dc_command_at(i)->name);
        separator = ", ";
    }
    fputs(".\n", stream);
}

static void print_option(FILE *stream, const dc_option *option)
{
    char range[64];
    fputc('\n', stream);
    if (option->letter)
        fprintf(stream, "*-%c*, ", option->letter);
    fprintf(stream, "*--%s*", option->name);
    if (option->setting && option->setting->type == DCGAN_SETTING_BOOLEAN)
        fprintf(stream, ", *--no-%s*", option->name);
    if (option->value) {
        fputc(' ', stream);
        print_text(stream, option->value, "");
    }
    fputs("\n\t", stream);
    print_text(stream, option->help, "\t");
    dc_help_range(option, range);
    if (*range)
        fprintf(stream, " (%s)", range);
    fputc('.', stream);
    print_owners(stream, option);
}

static void print_options(FILE *stream)
{
    const char *group = "";
    fputs("\n# OPTIONS\n", stream);
    for (const dc_option *option = NULL; (option = dc_option_after(~0u, option));) {
        if (option->negates)
            continue;
        if (strcmp(group, option->group) != 0)
            fprintf(stream, "\n## %s\n", option->group);
        group = option->group;
        print_option(stream, option);
    }
}

static void print_presets(FILE *stream)
{
    const char *help;
    fputs("\n# PRESETS\n", stream);
    for (size_t i = 0; dcgan_preset_at(i, &help); i++) {
        fprintf(stream, "\n*%s*\n\t", dcgan_preset_at(i, NULL));
        print_text(stream, help, "\t");
        fputc('\n', stream);
    }
}

static void print_examples(FILE *stream)
{
    fputs("\n# EXAMPLES\n\n```\n", stream);
    for (size_t i = 0; dc_command_at(i); i++)
        fprintf(stream, "%s\n", dc_command_at(i)->examples);
    fputs("```\n", stream);
}

static void print_exit_status(FILE *stream)
{
    fputs("\n# EXIT STATUS\n", stream);
    for (size_t i = 0; dc_exit_code_at(i); i++) {
        fprintf(stream, "\n*%d*\n\t", dc_exit_code_at(i)->code);
        print_text(stream, dc_exit_code_at(i)->meaning, "\t");
        fputs(".\n", stream);
    }
}

static void print_files(FILE *stream)
{
    fputs("\n# FILES\n\n*config.json*\n"
          "\tThe settings of a run, and what --config reads. Its keys are the options that are settings, with "
          "underscores for the inner dashes: { \"d\\_steps\": 2, \"flip\": false, \"size\": \"64x32\" }. "
          "\"pictures\" is a list of files and folders.\n"
          "\n*pictures.json*, *metrics.jsonl*, *events.jsonl*, *losses.png*, *samples/*\n"
          "\tWhat a run was trained on, how it went, and the pictures it made on the way.\n"
          "\n*checkpoints/*, *generator.safetensors*\n"
          "\tWhat a run is resumed from, and the newest generator, under PyTorch's parameter names.\n",
          stream);
}

void dc_manual_print(FILE *stream)
{
    fputs("dcgan(1)\n\n# NAME\n\ndcgan - train a DCGAN on a folder of pictures and generate pictures from it\n\n",
          stream);
    print_synopsis(stream);
    print_commands(stream);
    print_options(stream);
    print_presets(stream);
    print_examples(stream);
    print_exit_status(stream);
    print_files(stream);
    fputs("\n# ENVIRONMENT\n\n*NO\\_COLOR*\n\tIf it is set, no colours are used on a terminal.\n", stream);
}
