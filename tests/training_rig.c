/* training_rig.c - see training_rig.h. */
#include "training_rig.h"

#include "base/file.h"
#include "base/philox.h"
#include "dataset_rig.h"
#include "scratch.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIDE    16
#define PURPOSE 1001 /* of the pictures' random numbers; no stream of the product has it */

void make_random_pictures(const char *folder, int count)
{
    make_folder(folder);
    for (int i = 0; i < count; i++) {
        char name[64];
        uint8_t pixels[SIDE * SIDE * 3];
        dc_stream stream = {.seed = 1, .purpose = PURPOSE, .step = (uint64_t)i};
        for (size_t k = 0; k < sizeof pixels; k++)
            pixels[k] = (uint8_t)(dc_stream_word(&stream, k) >> 24);
        snprintf(name, sizeof name, "%s/%d.png", folder, i);
        assert_int_equal(dcgan_save_png(scratch_path(name), pixels, 1, SIDE, SIDE, 3, 1), DCGAN_OK);
    }
}

void set(dc_config *config, const char *key, const char *value)
{
    if (dcgan_config_set(config, key, value) != DCGAN_OK)
        fail_msg("%s = %s: %s", key, value, dcgan_error_message());
}

dc_config *tiny_config(const char *preset, const char *folder)
{
    static const char *const tiny[][2] = {{"size", "16"},  {"features", "2"}, {"latent", "5"},
                                          {"batch", "4"},  {"samples", "3"},  {"device", "ref"},
                                          {"epochs", "4"}, {"threads", "1"},  {"lr", "0.0003"}};
    dc_config *config;
    assert_int_equal(dcgan_config_create(preset, &config), DCGAN_OK);
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; i++)
        set(config, tiny[i][0], tiny[i][1]);
    assert_int_equal(dcgan_config_add_pictures(config, scratch_path(folder)), DCGAN_OK);
    return config;
}

/* ---- Training ---------------------------------------------------------------------------------------- */

static void poison(dcgan_training *training)
{
    dc_plan *plan = training->gan->discriminator;
    size_t count = dc_plan_net(plan)->params[0].count;
    float *values = calloc(count, sizeof *values);
    assert_non_null(values);
    values[0] = NAN;
    dc_plan_put(plan, DC_ROLE_VALUE, 0, values);
    free(values);
}

static void on_event(void *user, const dcgan_event *event)
{
    watch *w = user;
    if (event->kind == DCGAN_EVENT_STEP && event->progress->step == w->poison_at)
        poison(w->training);
    if (event->kind == DCGAN_EVENT_STARTED && w->on_started)
        w->on_started(event->text);
    if (event->kind == DCGAN_EVENT_NOTE)
        strncat(w->notes, event->text, sizeof w->notes - strlen(w->notes) - 1);
    if (event->kind == DCGAN_EVENT_WARNING) {
        w->warnings++;
        snprintf(w->warning, sizeof w->warning, "%s", event->text);
    }
    bool stops = event->kind == DCGAN_EVENT_STARTED || event->kind == DCGAN_EVENT_STEP;
    if (stops && event->progress->step == w->stop_at)
        dcgan_training_stop(w->training);
}

static dc_status finish(watch *w)
{
    dc_status status = dcgan_training_run(w->training);
    dcgan_training_close(w->training);
    w->training = NULL;
    return status;
}

dc_status train_new(dc_config *config, const char *name, watch *w)
{
    set(config, "out", scratch_path(name));
    DC_TRY(dcgan_training_create(config, on_event, w, &w->training));
    return finish(w);
}

dc_status train_on(const char *name, const char *override, watch *w)
{
    DC_TRY(dcgan_training_resume(scratch_path(name), &override, override ? 1 : 0, on_event, w, &w->training));
    return finish(w);
}

static void assert_status(dc_status status, dc_status want)
{
    if (status != want)
        fail_msg("status %d, not %d: %s", status, want, dcgan_error_message());
}

void assert_trains_new(dc_config *config, const char *name, uint64_t stop_at, dc_status status)
{
    assert_status(train_new(config, name, &(watch){.stop_at = stop_at}), status);
}

void assert_trains_on(const char *name, const char *override, uint64_t stop_at, dc_status status)
{
    assert_status(train_on(name, override, &(watch){.stop_at = stop_at}), status);
}

void require_device(const char *name)
{
    dc_device *device;
    if (dc_device_open(name, &(dc_device_options){.threads = 1}, &device) != DCGAN_OK) {
        print_message("SKIPPED: %s\n", dcgan_error_message());
        skip();
    }
    dc_device_close(device);
}

/* ---- Files of runs ----------------------------------------------------------------------------------- */

const char *run_file(const char *run, const char *file)
{
    char name[512];
    snprintf(name, sizeof name, "%s/%s", run, file);
    return scratch_path(name);
}

const char *checkpoint_file(const char *run, uint64_t step)
{
    char name[64];
    snprintf(name, sizeof name, "checkpoints/step_%08" PRIu64 ".safetensors", step);
    return run_file(run, name);
}

static dc_mapping map(const char *path)
{
    dc_mapping file;
    if (dc_file_map(path, &file) != DCGAN_OK)
        fail_msg("%s", dcgan_error_message());
    return file;
}

/* The line of metrics at `*at`, which moves on to the next. */
static dc_metrics next_metrics(const dc_mapping *file, size_t *at)
{
    dc_metrics metrics;
    const char *line = (const char *)file->data + *at;
    const char *newline = memchr(line, '\n', file->size - *at);
    assert_non_null(newline);
    if (!dc_metrics_parse(line, (size_t)(newline - line), &metrics))
        fail_msg("not a line of metrics: %.*s", (int)(newline - line), line);
    *at += (size_t)(newline - line) + 1;
    return metrics;
}

void assert_same_metrics(const char *run, const char *other, uint64_t steps)
{
    dc_mapping file = map(run_file(run, "metrics.jsonl")), other_file = map(run_file(other, "metrics.jsonl"));
    size_t at = 0, other_at = 0;
    for (uint64_t step = 1; step <= steps; step++) {
        dc_metrics a = next_metrics(&file, &at), b = next_metrics(&other_file, &other_at);
        assert_int_equal(a.step, step);
        a.time = b.time = a.images_per_second = b.images_per_second = 0;
        assert_memory_equal(&a, &b, sizeof a);
    }
    assert_int_equal(at, file.size);
    assert_int_equal(other_at, other_file.size);
    dc_file_unmap(&file);
    dc_file_unmap(&other_file);
}

void assert_same_tensors(const char *path, const char *other)
{
    static const char *const keys[] = {"format", "step", "epoch", "position", "updates_d", "updates_g", "dataset_hash"};
    dc_safetensors *a, *b;
    assert_status(dc_safetensors_open(path, &a), DCGAN_OK);
    assert_status(dc_safetensors_open(other, &b), DCGAN_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = dc_safetensors_metadata(a, keys[i]), *want = dc_safetensors_metadata(b, keys[i]);
        assert_string_equal(value ? value : "none", want ? want : "none");
    }
    assert_int_equal(dc_safetensors_count(a), dc_safetensors_count(b));
    for (size_t i = 0; i < dc_safetensors_count(a); i++) {
        const dc_stored *x = dc_safetensors_at(a, i), *y = dc_safetensors_find(b, x->name);
        assert_non_null(y);
        assert_int_equal(x->dtype, y->dtype);
        assert_int_equal(x->count, y->count);
        if (memcmp(x->data, y->data, x->count * (x->dtype == DC_I64 ? sizeof(int64_t) : sizeof(float))) != 0)
            fail_msg("%s differs between %s and %s", x->name, path, other);
    }
    dc_safetensors_close(b);
    dc_safetensors_close(a);
}

static int is_picture(const struct dirent *entry)
{
    return strstr(entry->d_name, ".png") != NULL;
}

void assert_same_samples(const char *run, const char *other)
{
    struct dirent **names, **other_names;
    int count = scandir(run_file(run, "samples"), &names, is_picture, alphasort);
    assert_true(count > 0);
    assert_int_equal(scandir(run_file(other, "samples"), &other_names, is_picture, alphasort), count);
    for (int i = 0; i < count; i++) {
        char path[300];
        assert_string_equal(names[i]->d_name, other_names[i]->d_name);
        snprintf(path, sizeof path, "samples/%s", names[i]->d_name);
        dc_mapping a = map(run_file(run, path)), b = map(run_file(other, path));
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.data, b.data, a.size);
        dc_file_unmap(&b);
        dc_file_unmap(&a);
        free(names[i]);
        free(other_names[i]);
    }
    free(names);
    free(other_names);
}

void assert_same_runs(const char *run, const char *other, uint64_t steps)
{
    assert_same_tensors(checkpoint_file(run, steps), checkpoint_file(other, steps));
    assert_same_tensors(run_file(run, "generator.safetensors"), run_file(other, "generator.safetensors"));
    assert_same_metrics(run, other, steps);
    assert_same_samples(run, other);
}

void assert_message_has(const char *part)
{
    if (!strstr(dcgan_error_message(), part))
        fail_msg("\"%s\" is not in the message: %s", part, dcgan_error_message());
}
