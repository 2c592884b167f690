/* options.c - see options.h. The table is put together once, at first use. */
#include "app/options.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY 160

#define FOR_NEW_RUNS (DC_FOR_TRAIN | DC_FOR_DEMO)
#define FOR_ALL                                                                                                        \
    (FOR_NEW_RUNS | DC_FOR_RESUME | DC_FOR_GENERATE | DC_FOR_INFO | DC_FOR_HELP | DC_FOR_SERVE | DC_FOR_BENCH |        \
     DC_FOR_TIMELAPSE | DC_FOR_REPORT)

/* Headings in their order, each with the setting it begins at: settings stand in the library's order, and one
 * heading goes on until the next begins. */
static const struct {
    const char *title;
    const char *first_key;
} groups[] = {
    {"Recipe", "preset"},  {"Pictures", "size"}, {"Nets", "latent"}, {"Training", "batch"},
    {"Machine", "device"}, {"Output", "out"},    {"General", NULL},
};
#define GROUPS (sizeof groups / sizeof groups[0])

/* What the program adds to a setting. */
static const struct {
    const char *key;
    const char *value; /* NULL: as the setting says */
    unsigned commands; /* beside those that take all settings */
    char letter;
} additions[] = {
    {"preset", NULL, DC_FOR_HELP, 0},
    {"device", NULL, DC_FOR_GENERATE, 0},
    {"threads", NULL, DC_FOR_GENERATE, 0},
    {"out", "RUN", 0, 'o'},
};

static const dc_option own[] = {
    {.name = "config",
     .value = "FILE.json",
     .completes = DC_COMPLETES_PATHS,
     .help = "read settings from a file, such as the config.json of a run",
     .group = "Recipe",
     .commands = FOR_NEW_RUNS | DC_FOR_INFO | DC_FOR_BENCH},
    {.name = "count",
     .letter = 'n',
     .value = "N",
     .help = "how many to make [64]",
     .group = "Pictures",
     .commands = DC_FOR_GENERATE},
    {.name = "seed",
     .value = "N",
     .help = "which ones: the same seed gives the same pictures [0]",
     .group = "Pictures",
     .commands = DC_FOR_GENERATE},
    {.name = "out",
     .letter = 'o',
     .value = "DIR|FILE.png",
     .completes = DC_COMPLETES_PATHS,
     .help = "a folder for single pictures, or a file for all of them in a grid [generated.png]",
     .group = "Output",
     .commands = DC_FOR_GENERATE},
    {.name = "overwrite",
     .help = "replace pictures that are in the folder already",
     .group = "Output",
     .commands = DC_FOR_GENERATE},
    {.name = "out",
     .letter = 'o',
     .value = "FILE.webp|FILE.gif|FILE.png",
     .completes = DC_COMPLETES_PATHS,
     .help = "file to make; its end says what it becomes [evolution.webp]",
     .group = "Output",
     .commands = DC_FOR_TIMELAPSE},
    {.name = "out",
     .letter = 'o',
     .value = "FILE.html",
     .completes = DC_COMPLETES_PATHS,
     .help = "file to write [report.html]",
     .group = "Output",
     .commands = DC_FOR_REPORT},
    {.name = "every",
     .value = "N",
     .help = "show every N-th epoch, and the last",
     .group = "Pictures",
     .commands = DC_FOR_TIMELAPSE},
    {.name = "epochs",
     .value = "LIST",
     .help = "show these epochs, such as 1,10,100,last",
     .group = "Pictures",
     .commands = DC_FOR_TIMELAPSE},
    {.name = "fps",
     .value = "N",
     .help = "epochs per second of what moves [8]",
     .group = "Pictures",
     .commands = DC_FOR_TIMELAPSE},
    {.name = "preview",
     .help = "draw the samples into the terminal after each epoch",
     .group = "Output",
     .commands = FOR_NEW_RUNS | DC_FOR_RESUME},
    {.name = "json", .help = "print one line of JSON", .group = "Output", .commands = DC_FOR_BENCH},
    {.name = "man", .help = "print the manual page, in scdoc's format", .group = "Output", .commands = DC_FOR_HELP},
    {.name = "completion",
     .value = "bash|zsh|fish",
     .completes = DC_COMPLETES_CHOICES,
     .help = "print the completions of a shell",
     .group = "Output",
     .commands = DC_FOR_HELP},
    {.name = "port",
     .value = "N",
     .help = "port to listen at; 0 takes any that is free [8787]",
     .group = "General",
     .commands = DC_FOR_SERVE},
    {.name = "host",
     .value = "ADDRESS",
     .help = "address to listen at; others than the default are reached from elsewhere [127.0.0.1]",
     .group = "General",
     .commands = DC_FOR_SERVE},
    {.name = "quiet",
     .letter = 'q',
     .help = "print only warnings and errors",
     .group = "General",
     .commands = FOR_NEW_RUNS | DC_FOR_RESUME | DC_FOR_GENERATE | DC_FOR_TIMELAPSE | DC_FOR_REPORT},
    {.name = "help", .letter = 'h', .help = "print this help", .group = "General", .commands = FOR_ALL},
};

static dc_option table[CAPACITY];
static size_t table_count;

/* Index of the heading that begins at a setting, or `current`. */
static size_t group_at(const dcgan_setting *setting, size_t current)
{
    for (size_t i = 0; i < GROUPS; i++)
        if (groups[i].first_key && strcmp(groups[i].first_key, setting->key) == 0)
            return i;
    return current;
}

static unsigned commands_of(const dcgan_setting *setting)
{
    unsigned commands = FOR_NEW_RUNS | DC_FOR_INFO | DC_FOR_BENCH;
    for (size_t i = 0; dcgan_resume_setting_at(i); i++)
        if (strcmp(dcgan_resume_setting_at(i), setting->key) == 0)
            commands |= DC_FOR_RESUME;
    return commands;
}

static const char *value_of(const dcgan_setting *setting)
{
    switch (setting->type) {
    case DCGAN_SETTING_BOOLEAN:
        return NULL;
    case DCGAN_SETTING_INTEGER:
        return "N";
    case DCGAN_SETTING_REAL:
        return "X";
    case DCGAN_SETTING_TEXT:
        break;
    }
    return setting->values ? setting->values : "TEXT";
}

/* "auto|ref|cpu" are words to choose from, "N|WxH" is a form. */
static bool are_choices(const char *values)
{
    for (; values && *values; values++)
        if (isupper((unsigned char)*values))
            return false;
    return values != NULL;
}

static void add(const dc_option *option)
{
    assert(table_count < CAPACITY);
    table[table_count++] = *option;
}

static void add_setting(const dcgan_setting *setting, const char *group)
{
    dc_option option = {
        .value = value_of(setting),
        .completes = are_choices(setting->values) ? DC_COMPLETES_CHOICES : DC_COMPLETES_NOTHING,
        .help = setting->help,
        .group = group,
        .setting = setting,
        .commands = commands_of(setting),
    };
    snprintf(option.name, sizeof option.name, "%s", setting->key);
    for (char *c = option.name; *c; c++)
        if (*c == '_')
            *c = '-';
    for (size_t i = 0; i < sizeof additions / sizeof additions[0]; i++) {
        if (strcmp(additions[i].key, setting->key) != 0)
            continue;
        option.letter = additions[i].letter;
        option.commands |= additions[i].commands;
        if (additions[i].value) {
            option.value = additions[i].value;
            option.completes = DC_COMPLETES_PATHS;
        }
    }
    add(&option);
    if (setting->type != DCGAN_SETTING_BOOLEAN)
        return;
    snprintf(option.name, sizeof option.name, "no-%.28s", table[table_count - 1].name);
    option.negates = true;
    add(&option);
}

static void build_table(void)
{
    for (size_t group = 0; group < GROUPS; group++) {
        size_t current = 0;
        for (size_t i = 0; dcgan_setting_at(i); i++) {
            current = group_at(dcgan_setting_at(i), current);
            if (current == group)
                add_setting(dcgan_setting_at(i), groups[group].title);
        }
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            if (strcmp(own[i].group, groups[group].title) == 0)
                add(&own[i]);
    }
}

const dc_option *dc_option_after(unsigned commands, const dc_option *previous)
{
    if (table_count == 0)
        build_table();
    for (size_t i = previous ? (size_t)(previous - table) + 1 : 0; i < table_count; i++)
        if (table[i].commands & commands)
            return &table[i];
    return NULL;
}
