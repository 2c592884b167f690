/* config.c - configurations: created from presets, set by key, read from and printed as JSON. */
#include "train/config.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/settings.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 15 /* of a real number: as many as every double keeps */

/* ---- One setting ------------------------------------------------------------------------------------- */

static void *place_of(const dc_config *config, const dc_setting *setting)
{
    return (char *)config + setting->offset;
}

static dc_status set_text(dc_config *config, const dc_setting *setting, const char *text)
{
    if (setting->check)
        DC_TRY(setting->check(text));
    char *copy;
    DC_TRY(dc_strdup(text, &copy));
    char **place = place_of(config, setting);
    free(*place);
    *place = copy;
    return DCGAN_OK;
}

/* To what config.json can hold: a resumed run must read the very number that was used. */
static double round_to_digits(double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.*g", DIGITS, value);
    return strtod(text, NULL);
}

static dc_status set_number(dc_config *config, const dc_setting *setting, const char *text)
{
    const dcgan_setting *s = &setting->public;
    bool integer = s->type == DCGAN_SETTING_INTEGER;
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || (integer && value != floor(value)))
        return dc_fail(DCGAN_E_USAGE, "\"%s\" must be a %snumber, not \"%s\".", s->key, integer ? "whole " : "", text);
    if (!(value >= s->minimum && value <= s->maximum))
        return dc_fail(DCGAN_E_USAGE, "\"%s\" must be between %g and %g, not %s.", s->key, s->minimum, s->maximum,
                       text);
    if (integer)
        *(int64_t *)place_of(config, setting) = (int64_t)value;
    else
        *(double *)place_of(config, setting) = round_to_digits(value);
    return DCGAN_OK;
}

static dc_status set_boolean(dc_config *config, const dc_setting *setting, const char *text)
{
    bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return dc_fail(DCGAN_E_USAGE, "\"%s\" must be true or false, not \"%s\".", setting->public.key, text);
    *(bool *)place_of(config, setting) = value;
    return DCGAN_OK;
}

static dc_status set(dc_config *config, const dc_setting *setting, const char *text)
{
    switch (setting->public.type) {
    case DCGAN_SETTING_TEXT:
        return set_text(config, setting, text);
    case DCGAN_SETTING_BOOLEAN:
        return set_boolean(config, setting, text);
    case DCGAN_SETTING_INTEGER:
    case DCGAN_SETTING_REAL:
        break;
    }
    return set_number(config, setting, text);
}

dcgan_status dcgan_config_set(dcgan_config *config, const char *key, const char *value)
{
    const dc_setting *setting = dc_setting_find(key);
    return setting ? set(config, setting, value) : DCGAN_E_USAGE;
}

/* The shortest decimal that reads back as the same number. */
static void print_real(double value, char *text, size_t size)
{
    for (int digits = 6; digits <= DIGITS; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

dcgan_status dcgan_config_get(const dcgan_config *config, const char *key, char **ret_value)
{
    const dc_setting *setting = dc_setting_find(key);
    if (!setting)
        return DCGAN_E_USAGE;
    const void *place = place_of(config, setting);
    char number[64];
    switch (setting->public.type) {
    case DCGAN_SETTING_TEXT:
        return dc_strdup(*(char *const *)place, ret_value);
    case DCGAN_SETTING_BOOLEAN:
        return dc_strdup(*(const bool *)place ? "true" : "false", ret_value);
    case DCGAN_SETTING_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)place);
        break;
    case DCGAN_SETTING_REAL:
        print_real(*(const double *)place, number, sizeof number);
        break;
    }
    return dc_strdup(number, ret_value);
}

/* ---- Life -------------------------------------------------------------------------------------------- */

static dc_status apply_preset(dc_config *config, const dc_preset *preset)
{
    for (size_t i = 0; preset->values[i][0]; i++)
        DC_TRY(dcgan_config_set(config, preset->values[i][0], preset->values[i][1]));
    return DCGAN_OK;
}

static dc_status apply_preset_named(dc_config *config, const char *name)
{
    DC_TRY(apply_preset(config, dc_preset_at(0)));
    DC_TRY(dcgan_config_set(config, "preset", name));
    for (size_t i = 1; dc_preset_at(i); i++)
        if (strcmp(dc_preset_at(i)->name, name) == 0)
            DC_TRY(apply_preset(config, dc_preset_at(i)));
    return DCGAN_OK;
}

dcgan_status dcgan_config_create(const char *preset, dcgan_config **ret_config)
{
    dc_config *config;
    DC_TRY(dc_alloc(1, sizeof *config, (void **)&config));
    dc_status status = apply_preset_named(config, preset);
    if (status != DCGAN_OK) {
        dcgan_config_free(config);
        return status;
    }
    *ret_config = config;
    return DCGAN_OK;
}

static void free_pictures(dc_config *config)
{
    for (size_t i = 0; i < config->picture_count; i++)
        free(config->pictures[i]);
    free(config->pictures);
    config->pictures = NULL;
    config->picture_count = 0;
}

/* Frees what the configuration holds, not itself. */
static void release(dc_config *config)
{
    for (size_t i = 0; dc_setting_at(i); i++)
        if (dc_setting_at(i)->public.type == DCGAN_SETTING_TEXT)
            free(*(char **)place_of(config, dc_setting_at(i)));
    free_pictures(config);
}

void dcgan_config_free(dcgan_config *config)
{
    if (!config)
        return;
    release(config);
    free(config);
}

dcgan_status dcgan_config_add_pictures(dcgan_config *config, const char *path)
{
    char **pictures = realloc(config->pictures, (config->picture_count + 1) * sizeof *pictures);
    if (!pictures)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for a list of pictures.");
    config->pictures = pictures;
    DC_TRY(dc_strdup(path, &pictures[config->picture_count]));
    config->picture_count++;
    return DCGAN_OK;
}

/* ---- JSON -------------------------------------------------------------------------------------------- */

static json_t *setting_to_json(const dc_config *config, const dc_setting *setting)
{
    const void *place = place_of(config, setting);
    switch (setting->public.type) {
    case DCGAN_SETTING_TEXT:
        return json_string(*(char *const *)place);
    case DCGAN_SETTING_BOOLEAN:
        return json_boolean(*(const bool *)place);
    case DCGAN_SETTING_INTEGER:
        return json_integer(*(const int64_t *)place);
    case DCGAN_SETTING_REAL:
        break;
    }
    return json_real(*(const double *)place);
}

static int add_pictures_json(const dc_config *config, json_t *root)
{
    json_t *pictures = json_array();
    for (size_t i = 0; i < config->picture_count; i++)
        if (json_array_append_new(pictures, json_string(config->pictures[i])) != 0)
            break; /* not UTF-8: the caller sees a list that is too short */
    int missing = (int)(config->picture_count - json_array_size(pictures));
    return json_object_set_new(root, "pictures", pictures) != 0 || missing;
}

dc_status dc_config_print(const dc_config *config, char **ret_text)
{
    json_t *root = json_object();
    int failures = 0;
    for (size_t i = 0; dc_setting_at(i); i++)
        failures +=
            json_object_set_new(root, dc_setting_at(i)->public.key, setting_to_json(config, dc_setting_at(i))) != 0;
    failures += add_pictures_json(config, root);
    char *text = failures ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    if (!text)
        return dc_fail(DCGAN_E_USAGE, "The configuration cannot be written as JSON: a path in it is not valid UTF-8. "
                                      "Rename that folder.");
    *ret_text = text;
    return DCGAN_OK;
}

static dc_status set_from_json(dc_config *config, const char *key, const json_t *value)
{
    const dc_setting *setting = dc_setting_find(key);
    if (!setting)
        return DCGAN_E_USAGE;
    dcgan_setting_type type = setting->public.type;
    if (type == DCGAN_SETTING_TEXT && json_is_string(value))
        return set(config, setting, json_string_value(value));
    if (type == DCGAN_SETTING_BOOLEAN && json_is_boolean(value))
        return set(config, setting, json_is_true(value) ? "true" : "false");
    bool number = type == DCGAN_SETTING_INTEGER || type == DCGAN_SETTING_REAL || strcmp(key, "size") == 0 ||
                  strcmp(key, "checkpoint_every") == 0;
    if (number && json_is_number(value)) {
        char text[64];
        if (json_is_integer(value))
            snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
        else
            print_real(json_real_value(value), text, sizeof text);
        return set(config, setting, text);
    }
    return dc_fail(DCGAN_E_USAGE, "\"%s\" has a value of the wrong kind.", key);
}

static dc_status pictures_from_json(dc_config *config, const json_t *list)
{
    if (!json_is_array(list))
        return dc_fail(DCGAN_E_USAGE, "\"pictures\" must be a list of paths.");
    free_pictures(config);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *path = json_string_value(json_array_get(list, i));
        if (!path)
            return dc_fail(DCGAN_E_USAGE, "\"pictures\" must be a list of paths.");
        DC_TRY(dcgan_config_add_pictures(config, path));
    }
    return DCGAN_OK;
}

static dc_status from_json(dc_config *config, json_t *root)
{
    if (!json_is_object(root))
        return dc_fail(DCGAN_E_USAGE, "A configuration is a JSON object: { \"batch\": 64, ... }.");
    /* A named preset comes first, whatever its place in the file: the other keys refine it. */
    const char *preset = json_string_value(json_object_get(root, "preset"));
    if (preset)
        DC_TRY(apply_preset_named(config, preset));
    const char *key;
    json_t *value;
    json_object_foreach (root, key, value) {
        bool pictures = strcmp(key, "pictures") == 0;
        DC_TRY(pictures ? pictures_from_json(config, value) : set_from_json(config, key, value));
    }
    return DCGAN_OK;
}

dc_status dc_config_copy(const dc_config *config, dc_config **ret_copy)
{
    dc_config *copy;
    DC_TRY(dcgan_config_create(config->preset, &copy));
    dc_status status = DCGAN_OK;
    for (size_t i = 0; status == DCGAN_OK && dc_setting_at(i); i++) {
        char *text;
        status = dcgan_config_get(config, dc_setting_at(i)->public.key, &text);
        if (status == DCGAN_OK) {
            status = set(copy, dc_setting_at(i), text);
            free(text);
        }
    }
    for (size_t i = 0; status == DCGAN_OK && i < config->picture_count; i++)
        status = dcgan_config_add_pictures(copy, config->pictures[i]);
    if (status != DCGAN_OK) {
        dcgan_config_free(copy);
        return status;
    }
    *ret_copy = copy;
    return DCGAN_OK;
}

dc_status dc_config_parse(dc_config *config, const char *name, const char *text, size_t size)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return dc_fail(DCGAN_E_INPUT, "%s is not valid JSON: line %d: %s.", name, error.line, error.text);
    dc_config *changed;
    dc_status status = dc_config_copy(config, &changed);
    if (status == DCGAN_OK) {
        status = from_json(changed, root);
        if (status == DCGAN_OK) {
            dc_config old = *config;
            *config = *changed;
            *changed = old;
        } else {
            status = dc_fail_within(status == DCGAN_E_USAGE ? DCGAN_E_INPUT : status, "%s", name);
        }
        dcgan_config_free(changed);
    }
    json_decref(root);
    return status;
}

dcgan_status dcgan_config_load(dcgan_config *config, const char *path)
{
    dc_mapping file;
    DC_TRY(dc_file_map(path, &file));
    dc_status status = dc_config_parse(config, path, (const char *)file.data, file.size);
    dc_file_unmap(&file);
    return status;
}
