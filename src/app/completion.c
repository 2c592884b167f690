/* completion.c - completions for bash, zsh and fish. */
#include "app/help.h"

#include <string.h>

/* "a|b|c" as words. */
static void print_choices(FILE *stream, const char *choices)
{
    for (; *choices; choices++)
        fputc(*choices == '|' ? ' ' : *choices, stream);
}

static void print_command_names(FILE *stream)
{
    for (size_t i = 0; dc_command_at(i); i++)
        fprintf(stream, i ? " %s" : "%s", dc_command_at(i)->name);
}

/* ---- bash -------------------------------------------------------------------------------------------- */

static void print_bash_pattern(FILE *stream, const dc_command *command, const dc_option *option)
{
    fprintf(stream, "    %s:--%s", command->name, option->name);
    if (option->letter)
        fprintf(stream, "|%s:-%c", command->name, option->letter);
    fputs(") ", stream);
}

/* What may follow each option that takes a value. */
static void print_bash_values(FILE *stream, const dc_command *command)
{
    for (const dc_option *option = NULL; (option = dc_option_after(command->bit, option));) {
        if (!option->value)
            continue;
        print_bash_pattern(stream, command, option);
        if (option->completes == DC_COMPLETES_CHOICES) {
            fputs("COMPREPLY=($(compgen -W '", stream);
            print_choices(stream, option->value);
            fputs("' -- \"$current\")); return ;;\n", stream);
        } else if (option->completes == DC_COMPLETES_PATHS) {
            fputs("return ;;\n", stream);
        } else {
            fputs("compopt +o default; return ;;\n", stream);
        }
    }
}

static void print_bash_words(FILE *stream, const dc_command *command)
{
    fprintf(stream, "    %s:-*) words='", command->name);
    for (const dc_option *option = NULL; (option = dc_option_after(command->bit, option));)
        fprintf(stream, "--%s ", option->name);
    fputs("' ;;\n", stream);
}

static void print_bash(FILE *stream)
{
    fputs("_dcgan()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} "
          "words=\n"
          "    COMPREPLY=() # nothing here: file names\n"
          "    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '",
          stream);
    print_command_names(stream);
    fputs(" --help --version' -- \"$current\"))\n        return\n    fi\n    case $command:$previous in\n", stream);
    for (size_t i = 0; dc_command_at(i); i++)
        print_bash_values(stream, dc_command_at(i));
    fputs("    esac\n    case $command:$current in\n", stream);
    for (size_t i = 0; dc_command_at(i); i++)
        print_bash_words(stream, dc_command_at(i));
    fputs("    help:*) words='", stream);
    print_command_names(stream);
    fputs("' ;;\n    esac\n"
          "    [[ $words ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
          "}\ncomplete -o default -F _dcgan dcgan\n",
          stream);
}

/* ---- zsh --------------------------------------------------------------------------------------------- */

/* Inside single quotes, within a description in brackets. */
static void print_zsh_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stream);
        else if (strchr("[]:\\", *text))
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

static void print_zsh_value(FILE *stream, const dc_option *option)
{
    fputc(':', stream);
    print_zsh_text(stream, option->value);
    fputc(':', stream);
    if (option->completes == DC_COMPLETES_CHOICES) {
        fputc('(', stream);
        print_choices(stream, option->value);
        fputc(')', stream);
    } else if (option->completes == DC_COMPLETES_PATHS) {
        fputs("_files", stream);
    }
}

static void print_zsh_option(FILE *stream, const dc_option *option)
{
    fputs("            ", stream);
    if (option->letter)
        fprintf(stream, "'(-%c --%s)'{-%c,--%s}'[", option->letter, option->name, option->letter, option->name);
    else
        fprintf(stream, "'--%s[", option->name);
    print_zsh_text(stream, option->help);
    fputc(']', stream);
    if (option->value)
        print_zsh_value(stream, option);
    fputs("' \\\n", stream);
}

static void print_zsh(FILE *stream)
{
    fputs("#compdef dcgan\n\n_dcgan()\n{\n    local line state\n    local -a commands=(\n", stream);
    for (size_t i = 0; dc_command_at(i); i++) {
        fprintf(stream, "        '%s:", dc_command_at(i)->name);
        print_zsh_text(stream, dc_command_at(i)->summary);
        fputs("'\n", stream);
    }
    fputs("    )\n"
          "    _arguments -C '--help[print help]' '--version[print the version]' '1:command:->command' "
          "'*::argument:->rest'\n"
          "    case $state in\n"
          "    command) _describe command commands ;;\n"
          "    rest)\n        case $words[1] in\n",
          stream);
    for (size_t i = 0; dc_command_at(i); i++) {
        const dc_command *command = dc_command_at(i);
        fprintf(stream, "        %s)\n            _arguments \\\n", command->name);
        for (const dc_option *option = NULL; (option = dc_option_after(command->bit, option));)
            print_zsh_option(stream, option);
        if (command->bit == DC_FOR_HELP) {
            fputs("            '1:command:(", stream);
            print_command_names(stream);
            fputs(")' ;;\n", stream);
        } else {
            fputs("            '*:file:_files' ;;\n", stream);
        }
    }
    fputs("        esac ;;\n    esac\n}\n\n_dcgan \"$@\"\n", stream);
}

/* ---- fish -------------------------------------------------------------------------------------------- */

static void print_fish_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (strchr("'\\", *text))
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

static void print_fish_option(FILE *stream, const dc_command *command, const dc_option *option)
{
    fprintf(stream, "complete -c dcgan -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter)
        fprintf(stream, " -s %c", option->letter);
    if (option->value)
        fputs(option->completes == DC_COMPLETES_PATHS ? " -r -F" : " -x", stream);
    if (option->value && option->completes == DC_COMPLETES_CHOICES) {
        fputs(" -a '", stream);
        print_choices(stream, option->value);
        fputc('\'', stream);
    }
    fputs(" -d '", stream);
    print_fish_text(stream, option->help);
    fputs("'\n", stream);
}

static void print_fish(FILE *stream)
{
    for (size_t i = 0; dc_command_at(i); i++) {
        const dc_command *command = dc_command_at(i);
        fprintf(stream, "complete -c dcgan -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_fish_text(stream, command->summary);
        fputs("'\n", stream);
        for (const dc_option *option = NULL; (option = dc_option_after(command->bit, option));)
            print_fish_option(stream, command, option);
    }
    fputs("complete -c dcgan -n '__fish_seen_subcommand_from help' -f -a '", stream);
    print_command_names(stream);
    fputs("'\n", stream);
}

/* ------------------------------------------------------------------------------------------------------ */

dc_status dc_completion_print(FILE *stream, const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        print_bash(stream);
    else if (strcmp(shell, "zsh") == 0)
        print_zsh(stream);
    else if (strcmp(shell, "fish") == 0)
        print_fish(stream);
    else
        return dc_fail(DCGAN_E_USAGE, "There are no completions for '%s'. Shells: bash, zsh, fish.", shell);
    return DCGAN_OK;
}
