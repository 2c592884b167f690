/* test_config.c - settings, presets and configuration files: src/train/{config,settings,presets}.c. */
#include "scratch.h"
#include "train/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static dc_config *create(const char *preset)
{
    dc_config *config;
    if (dcgan_config_create(preset, &config) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    return config;
}

static void assert_setting(const dc_config *config, const char *key, const char *want)
{
    char *value;
    assert_int_equal(dcgan_config_get(config, key, &value), DCGAN_OK);
    if (strcmp(value, want) != 0)
        fail_msg("%s is %s, not %s", key, value, want);
    dcgan_free(value);
}

static void set(dc_config *config, const char *key, const char *value)
{
    if (dcgan_config_set(config, key, value) != DCGAN_OK)
        fail_msg("%s = %s: %s", key, value, dcgan_error_message());
}

static void assert_message_has(const char *part)
{
    if (!strstr(dcgan_error_message(), part))
        fail_msg("\"%s\" is not in the message: %s", part, dcgan_error_message());
}

static dc_status parse(dc_config *config, const char *text)
{
    return dc_config_parse(config, "the file", text, strlen(text));
}

static char *print(const dc_config *config)
{
    char *text;
    assert_int_equal(dc_config_print(config, &text), DCGAN_OK);
    return text;
}

/* ---- Presets ----------------------------------------------------------------------------------------- */

typedef const char *const constants[][2];

/* What all presets share. */
static constants common = {
    {"channels", "3"},
    {"background", "#ffffff"},
    {"latent", "100"},
    {"steps", "0"},
    {"seed", "1"},
    {"device", "auto"},
    {"threads", "0"},
    {"out", ""},
    {"keep", "3"},
    {"samples", "64"},
    {"sample_every", "1"},
    {"log_every", "50"},
    {"tensorboard", "false"},
    {NULL, NULL},
};
static constants faces = {
    {"preset", "faces"},       {"size", "64"},           {"features", "64"}, {"batch", "128"},   {"epochs", "30"},
    {"d_steps", "1"},          {"lr", "0.0002"},         {"beta1", "0.5"},   {"beta2", "0.999"}, {"flip", "false"},
    {"checkpoint_every", "1"}, {"sample_pair", "false"}, {NULL, NULL},
};
static constants scenes = {
    {"preset", "scenes"},       {"size", "32"},          {"features", "64"}, {"batch", "64"},  {"epochs", "500"},
    {"d_steps", "2"},           {"lr", "0.0001"},        {"beta1", "0.5"},   {"beta2", "0.9"}, {"flip", "true"},
    {"checkpoint_every", "10"}, {"sample_pair", "true"}, {NULL, NULL},
};
static constants demo = {
    {"preset", "demo"},        {"size", "64"},           {"features", "32"}, {"batch", "16"},    {"epochs", "50"},
    {"d_steps", "1"},          {"lr", "0.0002"},         {"beta1", "0.5"},   {"beta2", "0.999"}, {"flip", "false"},
    {"checkpoint_every", "5"}, {"sample_pair", "false"}, {NULL, NULL},
};

static void presets_are_exact_to_the_last_constant(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *const (*own)[2];
    } presets[] = {{"faces", faces}, {"scenes", scenes}, {"demo", demo}};
    size_t count = 0;
    for (; count < sizeof presets / sizeof *presets; count++) {
        dc_config *config = create(presets[count].name);
        size_t checked = 0;
        for (size_t k = 0; common[k][0]; k++, checked++)
            assert_setting(config, common[k][0], common[k][1]);
        for (size_t k = 0; presets[count].own[k][0]; k++, checked++)
            assert_setting(config, presets[count].own[k][0], presets[count].own[k][1]);
        if (dcgan_setting_at(checked))
            fail_msg("%s: %zu settings are listed here, there are more", presets[count].name, checked);
        assert_int_equal(config->picture_count, 0);
        assert_string_equal(dcgan_preset_at(count, NULL), presets[count].name);
        dcgan_config_free(config);
    }
    assert_null(dcgan_preset_at(count, NULL));
}

static void unknown_presets_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "Faces", "faces ", "celeba"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        dc_config *config = NULL;
        assert_int_equal(dcgan_config_create(names[i], &config), DCGAN_E_USAGE);
        assert_null(config);
        assert_message_has("faces, scenes, demo");
    }
}

/* ---- One setting ------------------------------------------------------------------------------------- */

/* A value for each setting that no preset has. */
static constants other = {
    {"preset", "demo"},
    {"size", "128x64"},
    {"channels", "1"},
    {"background", "#0a1B2c"},
    {"flip", "true"},
    {"latent", "33"},
    {"features", "7"},
    {"batch", "5"},
    {"epochs", "1000000000"},
    {"steps", "1000000000000"},
    {"d_steps", "9"},
    {"lr", "1.23456789012345e-05"},
    {"beta1", "0.123456789"},
    {"beta2", "0"},
    {"seed", "9000000000000000"},
    {"device", "ref"},
    {"threads", "3"},
    {"out", "a \"dir\"/\xc3\xa9"},
    {"checkpoint_every", "17steps"},
    {"keep", "1000000"},
    {"samples", "1"},
    {"sample_every", "2"},
    {"sample_pair", "true"},
    {"log_every", "11"},
    {"tensorboard", "true"},
    {NULL, NULL},
};

static dc_config *create_other(void)
{
    dc_config *config = create("faces");
    for (size_t i = 0; other[i][0]; i++)
        set(config, other[i][0], other[i][1]);
    return config;
}

static void assert_other(const dc_config *config)
{
    size_t count = 0;
    for (; other[count][0]; count++)
        assert_setting(config, other[count][0], other[count][1]);
    assert_null(dcgan_setting_at(count));
}

static void every_setting_reads_back_as_it_was_set(void **state)
{
    (void)state;
    dc_config *config = create_other();
    assert_other(config);
    dcgan_config_free(config);
}

static void every_setting_survives_printing_and_reading(void **state)
{
    (void)state;
    dc_config *config = create_other(), *again = create("scenes");
    assert_int_equal(dcgan_config_add_pictures(config, "/pictures/a \xe2\x98\x83"), DCGAN_OK);
    assert_int_equal(dcgan_config_add_pictures(config, DCGAN_DEMO_FACES), DCGAN_OK);
    char *text = print(config);
    assert_int_equal(parse(again, text), DCGAN_OK);
    assert_other(again);
    assert_int_equal(again->picture_count, 2);
    assert_string_equal(again->pictures[0], "/pictures/a \xe2\x98\x83");
    char *same = print(again);
    assert_string_equal(text, same);
    free(same);
    free(text);
    dcgan_config_free(again);
    dcgan_config_free(config);
}

/* What is trained with must be what config.json says, to the bit: else a resumed run is another one. */
static void real_numbers_survive_to_the_bit(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "0.30000000000000004",   "0.1", "0.33333333333333331", "1e-9", "0.000199999999999999", "1000", "7e-05",
        "3.14159265358979323846"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        dc_config *config = create("faces"), *again = create("faces");
        set(config, "lr", numbers[i]);
        char *text = print(config);
        assert_int_equal(parse(again, text), DCGAN_OK);
        assert_memory_equal(&config->lr, &again->lr, sizeof config->lr);
        free(text);
        dcgan_config_free(again);
        dcgan_config_free(config);
    }
}

static void values_out_of_place_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"batch", "0"},
        {"batch", "-1"},
        {"batch", "1.5"},
        {"batch", ""},
        {"batch", "x"},
        {"batch", "8x"},
        {"batch", "nan"},
        {"batch", "inf"},
        {"batch", "1e99"},
        {"batch", "16385"},
        {"batch", "99999999999999999999999999"},
        {"channels", "0"},
        {"channels", "5"},
        {"latent", "4097"},
        {"features", "1025"},
        {"epochs", "0"},
        {"epochs", "1000000001"},
        {"steps", "-1"},
        {"steps", "1e13"},
        {"d_steps", "0"},
        {"d_steps", "101"},
        {"lr", "0"},
        {"lr", "-0.1"},
        {"lr", "nan"},
        {"lr", "inf"},
        {"lr", "1001"},
        {"lr", "1e"},
        {"beta1", "1"},
        {"beta1", "-0.1"},
        {"beta2", "1"},
        {"seed", "-1"},
        {"seed", "9000000000000001"},
        {"threads", "-1"},
        {"threads", "257"},
        {"keep", "0"},
        {"samples", "0"},
        {"samples", "1025"},
        {"sample_every", "0"},
        {"log_every", "0"},
        {"flip", "yes"},
        {"flip", ""},
        {"flip", "True"},
        {"sample_pair", "1"},
        {"size", "0"},
        {"size", "-64"},
        {"size", "17"},
        {"size", "64x"},
        {"size", "x64"},
        {"size", "64x64x64"},
        {"size", "64 "},
        {"size", "99999999999999999999"},
        {"size", "512"},
        {"background", "white"},
        {"background", "#fff"},
        {"background", "#fffffg"},
        {"background", "#ffffff "},
        {"background", "# f f f"},
        {"background", "#-1-1-1"},
        {"device", "tpu"},
        {"device", ""},
        {"preset", "none"},
        {"checkpoint_every", "0"},
        {"checkpoint_every", "-5"},
        {"checkpoint_every", "steps"},
        {"checkpoint_every", "5 steps"},
        {"checkpoint_every", "5epochs"},
        {"checkpoint_every", "1000000001"},
        {"checkpoint_every", "4611686018427387904"},
        {"checkpoint_every", "99999999999999999999steps"},
    };
    dc_config *config = create("faces");
    char *before = print(config);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (dcgan_config_set(config, bad[i][0], bad[i][1]) != DCGAN_E_USAGE)
            fail_msg("%s accepted \"%s\"", bad[i][0], bad[i][1]);
    char *after = print(config);
    assert_string_equal(before, after);
    free(after);
    free(before);
    dcgan_config_free(config);
}

static void unknown_keys_are_named(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    char *value = NULL;
    assert_int_equal(dcgan_config_set(config, "batches", "1"), DCGAN_E_USAGE);
    assert_message_has("\"batches\"");
    assert_int_equal(dcgan_config_set(config, "pictures", "x"), DCGAN_E_USAGE);
    assert_int_equal(dcgan_config_get(config, "", &value), DCGAN_E_USAGE);
    assert_null(value);
    dcgan_config_free(config);
}

static void intervals_are_epochs_or_steps(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    uint64_t epochs, steps;
    set(config, "checkpoint_every", "3");
    dc_config_checkpoint_every(config, &epochs, &steps);
    assert_true(epochs == 3 && steps == 0);
    set(config, "checkpoint_every", "500steps");
    dc_config_checkpoint_every(config, &epochs, &steps);
    assert_true(epochs == 0 && steps == 500);
    dcgan_config_free(config);
}

static void sizes_and_colours_reach_the_pictures(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    dc_image_fit fit;
    set(config, "size", "128x64");
    set(config, "channels", "4");
    set(config, "background", "#0a1Bff");
    assert_int_equal(dc_config_fit(config, &fit), DCGAN_OK);
    assert_true(fit.width == 128 && fit.height == 64 && fit.channels == 4);
    assert_memory_equal(fit.background, "\x0a\x1b\xff", 3);
    set(config, "channels", "2");
    assert_int_equal(dc_config_fit(config, &fit), DCGAN_E_USAGE);
    dcgan_config_free(config);
}

static void what_may_change_on_resume_does_not_change_the_training_so_far(void **state)
{
    (void)state;
    static const char *const keys[] = {"epochs", "steps",        "device",      "threads",  "checkpoint_every",
                                       "keep",   "sample_every", "tensorboard", "log_every"};
    size_t i = 0;
    for (; i < sizeof keys / sizeof *keys; i++)
        assert_string_equal(dcgan_resume_setting_at(i), keys[i]);
    assert_null(dcgan_resume_setting_at(i));
}

/* ---- Files ------------------------------------------------------------------------------------------- */

static void files_set_what_they_name(void **state)
{
    (void)state;
    dc_config *config = create("scenes");
    assert_int_equal(parse(config, "{\"batch\": 7, \"size\": 48, \"lr\": 1, \"flip\": false, \"beta1\": 0.25,"
                                   " \"checkpoint_every\": 4, \"pictures\": [\"a\", \"b\"]}"),
                     DCGAN_OK);
    assert_setting(config, "batch", "7");
    assert_setting(config, "size", "48");
    assert_setting(config, "lr", "1");
    assert_setting(config, "flip", "false");
    assert_setting(config, "beta1", "0.25");
    assert_setting(config, "checkpoint_every", "4");
    assert_setting(config, "d_steps", "2");
    assert_int_equal(config->picture_count, 2);
    assert_int_equal(parse(config, "{}"), DCGAN_OK);
    assert_setting(config, "batch", "7");
    assert_int_equal(config->picture_count, 2);
    assert_int_equal(parse(config, "{\"pictures\": []}"), DCGAN_OK);
    assert_int_equal(config->picture_count, 0);
    dcgan_config_free(config);
}

static void a_preset_in_a_file_comes_first_wherever_it_stands(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    assert_int_equal(parse(config, "{\"batch\": 7, \"preset\": \"scenes\"}"), DCGAN_OK);
    assert_setting(config, "preset", "scenes");
    assert_setting(config, "batch", "7");
    assert_setting(config, "d_steps", "2");
    assert_setting(config, "size", "32");
    dcgan_config_free(config);
}

static void bad_files_change_nothing(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "not valid JSON"},
        {"{", "not valid JSON"},
        {"{\"batch\": 7", "not valid JSON"},
        {"{\"batch\": 7,}", "not valid JSON"},
        {"{\"batch\": 7} x", "not valid JSON"},
        {"{\"batch\": 7, \"batch\": 8}", "duplicate"},
        {"{\"out\": \"\xff\"}", "not valid JSON"},
        {"{\"out\": \"a\\u0000b\"}", "not valid JSON"},
        {"{\"batch\": 99999999999999999999}", "not valid JSON"},
        {"{\"lr\": 1e999}", "not valid JSON"},
        {"\xef\xbb\xbf{}", "not valid JSON"},
        {"[]", "JSON object"},
        {"[{\"batch\": 7}]", "JSON object"},
        {"{\"batch\": 7, \"bach\": 8}", "\"bach\""},
        {"{\"batch\": 7, \"\": 8}", "\"\""},
        {"{\"batch\": 7, \"Epochs\": 8}", "\"Epochs\""},
        {"{\"epochs\": 7, \"batch\": \"8\"}", "\"batch\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"batch\": true}", "\"batch\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"batch\": null}", "\"batch\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"batch\": [8]}", "\"batch\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"batch\": {}}", "\"batch\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"flip\": 1}", "\"flip\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"flip\": \"true\"}", "\"flip\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"out\": 1}", "\"out\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"preset\": 1}", "\"preset\" has a value of the wrong kind"},
        {"{\"epochs\": 7, \"preset\": \"none\"}", "no preset \"none\""},
        {"{\"epochs\": 7, \"batch\": 0}", "between"},
        {"{\"epochs\": 7, \"batch\": 8.5}", "whole number"},
        {"{\"epochs\": 7, \"batch\": 1e300}", "between"},
        {"{\"epochs\": 7, \"seed\": 9223372036854775807}", "between"},
        {"{\"epochs\": 7, \"lr\": -1}", "between"},
        {"{\"epochs\": 7, \"size\": 17}", "nearest possible"},
        {"{\"epochs\": 7, \"size\": 64.5}", "size is a number"},
        {"{\"epochs\": 7, \"device\": \"tpu\"}", "no device"},
        {"{\"epochs\": 7, \"pictures\": \"a\"}", "list of paths"},
        {"{\"epochs\": 7, \"pictures\": [\"a\", 1]}", "list of paths"},
        {"{\"pictures\": [\"a\"], \"epochs\": 0}", "between"},
        {"{\"preset\": \"scenes\", \"epochs\": 0}", "between"},
    };
    dc_config *config = create("faces");
    assert_int_equal(dcgan_config_add_pictures(config, "kept"), DCGAN_OK);
    char *before = print(config);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(config, bad[i][0]) != DCGAN_E_INPUT)
            fail_msg("not refused as input: %s", bad[i][0]);
        assert_message_has("the file");
        assert_message_has(bad[i][1]);
        char *after = print(config);
        assert_string_equal(before, after);
        free(after);
    }
    free(before);
    dcgan_config_free(config);
}

static void files_are_named_when_they_cannot_be_read(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    assert_int_equal(dcgan_config_load(config, scratch_path("absent.json")), DCGAN_E_IO);
    assert_message_has("absent.json");
    assert_int_equal(dcgan_config_load(config, scratch_path(".")), DCGAN_E_INPUT);
    FILE *file = fopen(scratch_path("bad.json"), "w");
    assert_non_null(file);
    fputs("{\"a\": 1}", file);
    fclose(file);
    assert_int_equal(dcgan_config_load(config, scratch_path("bad.json")), DCGAN_E_INPUT);
    assert_message_has("bad.json");
    assert_message_has("\"a\"");
    dcgan_config_free(config);
}

static void a_path_that_json_cannot_hold_is_refused_when_printed(void **state)
{
    (void)state;
    dc_config *config = create("faces");
    char *text = NULL;
    assert_int_equal(dcgan_config_add_pictures(config, "good"), DCGAN_OK);
    assert_int_equal(dcgan_config_add_pictures(config, "bad \xff name"), DCGAN_OK);
    assert_int_equal(dc_config_print(config, &text), DCGAN_E_USAGE);
    assert_null(text);
    assert_message_has("UTF-8");
    dcgan_config_free(config);
}

static void a_copy_is_equal_and_its_own(void **state)
{
    (void)state;
    dc_config *config = create_other(), *copy;
    assert_int_equal(dcgan_config_add_pictures(config, "a"), DCGAN_OK);
    assert_int_equal(dc_config_copy(config, &copy), DCGAN_OK);
    char *text = print(config), *copied = print(copy);
    assert_string_equal(text, copied);
    set(copy, "out", "elsewhere");
    assert_other(config);
    free(copied);
    free(text);
    dcgan_config_free(copy);
    dcgan_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_exact_to_the_last_constant),
        cmocka_unit_test(unknown_presets_are_refused),
        cmocka_unit_test(every_setting_reads_back_as_it_was_set),
        cmocka_unit_test(every_setting_survives_printing_and_reading),
        cmocka_unit_test(real_numbers_survive_to_the_bit),
        cmocka_unit_test(values_out_of_place_are_refused),
        cmocka_unit_test(unknown_keys_are_named),
        cmocka_unit_test(intervals_are_epochs_or_steps),
        cmocka_unit_test(sizes_and_colours_reach_the_pictures),
        cmocka_unit_test(what_may_change_on_resume_does_not_change_the_training_so_far),
        cmocka_unit_test(files_set_what_they_name),
        cmocka_unit_test(a_preset_in_a_file_comes_first_wherever_it_stands),
        cmocka_unit_test(bad_files_change_nothing),
        cmocka_unit_test(files_are_named_when_they_cannot_be_read),
        cmocka_unit_test(a_path_that_json_cannot_hold_is_refused_when_printed),
        cmocka_unit_test(a_copy_is_equal_and_its_own),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_remove);
}
