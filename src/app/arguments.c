/* arguments.c - see arguments.h. getopt_long does the reading; the messages are ours. */
#include "app/arguments.h"

#include "app/suggest.h"
#include "base/memory.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LONG 256 /* getopt's result for the n-th option is this + n: no letter has such a code */

typedef struct dc_grammar {
    const dc_option **options;
    struct option *longs; /* getopt's form of the same, in the same order */
    char *letters;
} dc_grammar;

static void grammar_free(dc_grammar *grammar)
{
    free(grammar->options);
    free(grammar->longs);
    free(grammar->letters);
}

static dc_status grammar_create(unsigned commands, dc_grammar *ret_grammar)
{
    size_t count = 0;
    for (const dc_option *option = NULL; (option = dc_option_after(commands, option));)
        count++;
    dc_grammar made = {0};
    dc_status status = dc_alloc(count + 1, sizeof(const dc_option *), (void **)&made.options);
    if (status == DCGAN_OK)
        status = dc_alloc(count + 1, sizeof *made.longs, (void **)&made.longs);
    if (status == DCGAN_OK)
        status = dc_alloc(2 * count + 2, 1, (void **)&made.letters);
    if (status != DCGAN_OK) {
        grammar_free(&made);
        return status;
    }
    char *letter = made.letters;
    *letter++ = ':'; /* tell a missing value from an unknown option */
    size_t i = 0;
    for (const dc_option *option = NULL; (option = dc_option_after(commands, option)); i++) {
        made.options[i] = option;
        made.longs[i] = (struct option){.name = option->name,
                                        .has_arg = option->value ? required_argument : no_argument,
                                        .val = FIRST_LONG + (int)i};
        if (option->letter)
            *letter++ = option->letter;
        if (option->letter && option->value)
            *letter++ = ':';
    }
    *ret_grammar = made;
    return DCGAN_OK;
}

/* `code` is what getopt returned or left in optopt: 0 for an unknown name. */
static const dc_option *find_option(const dc_grammar *grammar, int code)
{
    if (code == 0)
        return NULL;
    if (code >= FIRST_LONG)
        return grammar->options[code - FIRST_LONG];
    for (size_t i = 0; grammar->options[i]; i++)
        if (grammar->options[i]->letter == code)
            return grammar->options[i];
    return NULL;
}

static dc_status fail_unknown(const dc_grammar *grammar, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    dc_nearest nearest = dc_nearest_to(name);
    int longer = 0;
    for (size_t i = 0; grammar->options[i]; i++) {
        dc_nearest_consider(&nearest, grammar->options[i]->name);
        longer += strncmp(grammar->options[i]->name, name, strlen(name)) == 0;
    }
    if (longer > 1)
        return dc_fail(DCGAN_E_USAGE, "The option --%s is short for more than one: write it in full.", name);
    if (nearest.name)
        return dc_fail(DCGAN_E_USAGE, "There is no option --%s here. Did you mean --%s?", name, nearest.name);
    return dc_fail(DCGAN_E_USAGE, "There is no option --%s here.", name);
}

/* After getopt returned '?' or ':'. `word` is the word it stopped at. */
static dc_status fail_parsing(const dc_grammar *grammar, int code, const char *word)
{
    const dc_option *option = find_option(grammar, optopt);
    if (option && code == ':')
        return dc_fail(DCGAN_E_USAGE, "The option --%s needs a value: --%s %s", option->name, option->name,
                       option->value);
    if (option)
        return dc_fail(DCGAN_E_USAGE, "The option --%s takes no value.", option->name);
    if (optopt)
        return dc_fail(DCGAN_E_USAGE, "There is no option -%c here.", optopt);
    return fail_unknown(grammar, word);
}

dc_status dc_arguments_parse(unsigned commands, int argc, char **argv, dc_arguments *ret_arguments)
{
    dc_grammar grammar;
    dc_arguments arguments = {0};
    DC_TRY(grammar_create(commands, &grammar));
    dc_status status = dc_alloc((size_t)argc, sizeof *arguments.given, (void **)&arguments.given);
    opterr = 0;
    optind = 0; /* start anew, as the GNU getopt has it */
    int code;
    while (status == DCGAN_OK && (code = getopt_long(argc, argv, grammar.letters, grammar.longs, NULL)) != -1) {
        if (code == '?' || code == ':')
            status = fail_parsing(&grammar, code, argv[optind - 1]);
        else
            arguments.given[arguments.count++] = (dc_argument){find_option(&grammar, code), optarg};
    }
    grammar_free(&grammar);
    if (status != DCGAN_OK) {
        dc_arguments_free(&arguments);
        return status;
    }
    arguments.operands = (const char *const *)argv + optind;
    arguments.operand_count = (size_t)(argc - optind);
    *ret_arguments = arguments;
    return DCGAN_OK;
}

void dc_arguments_free(dc_arguments *arguments)
{
    free(arguments->given);
    *arguments = (dc_arguments){0};
}

static const dc_argument *find(const dc_arguments *arguments, const char *name)
{
    for (size_t i = arguments->count; i-- > 0;)
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return &arguments->given[i];
    return NULL;
}

const char *dc_arguments_get(const dc_arguments *arguments, const char *name, const char *fallback)
{
    const dc_argument *argument = find(arguments, name);
    return argument ? argument->value : fallback;
}

bool dc_arguments_has(const dc_arguments *arguments, const char *name)
{
    return find(arguments, name) != NULL;
}

dc_status dc_arguments_get_number(const dc_arguments *arguments, const char *name, uint64_t minimum, uint64_t maximum,
                                  uint64_t *ret_number)
{
    const char *text = dc_arguments_get(arguments, name, NULL);
    if (!text)
        return DCGAN_OK;
    char *end = NULL;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    bool is_number = *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
    if (!is_number || number < minimum || number > maximum)
        return dc_fail(DCGAN_E_USAGE, "--%s must be a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'.", name,
                       minimum, maximum, text);
    *ret_number = number;
    return DCGAN_OK;
}

const char *dc_argument_setting_value(const dc_argument *argument)
{
    if (argument->option->setting->type != DCGAN_SETTING_BOOLEAN)
        return argument->value;
    return argument->option->negates ? "false" : "true";
}
