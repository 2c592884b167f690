/* training_setup.c - from a configuration, or a run to continue, to a training that is ready to run. */
#include "train/training.h"

#include "base/file.h"
#include "base/memory.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Pictures ---------------------------------------------------------------------------------------- */

static void on_pictures(void *context, uint64_t done, uint64_t total)
{
    dcgan_training *training = context;
    if (training->on_event)
        training->on_event(training->user, &(dcgan_event){.kind = DCGAN_EVENT_PICTURES, .done = done, .total = total});
}

static dc_status read_pictures(dcgan_training *training)
{
    const dc_config *config = training->config;
    if (config->picture_count == 0)
        return dc_fail(DCGAN_E_USAGE, "No pictures were named. Name a folder: dcgan train my-pictures");
    dc_dataset_source source = {.paths = (const char *const *)config->pictures,
                                .path_count = config->picture_count,
                                .on_progress = on_pictures,
                                .context = training};
    DC_TRY(dc_config_fit(config, &source.fit));
    DC_TRY(dc_pool_create((int)config->threads, &training->pool));
    return dc_dataset_open(&source, training->pool, &training->dataset);
}

static void tell_skipped(dcgan_training *training)
{
    for (size_t i = 0; i < training->dataset->skipped_count; i++) {
        char *text;
        const dc_skipped *skipped = &training->dataset->skipped[i];
        if (dc_path(&text, "%s: %s", skipped->path, skipped->reason) != DCGAN_OK)
            return;
        for (char *c = text; *c; c++)
            if (iscntrl((unsigned char)*c)) /* a name may hold a line break or an escape sequence */
                *c = '?';
        dc_training_tell(training, DCGAN_EVENT_SKIPPED, text);
        free(text);
    }
}

/* JSON is UTF-8; file names need not be. */
static json_t *path_to_json(const char *path)
{
    json_t *json = json_string(path);
    char *copy;
    if (json || dc_strdup(path, &copy) != DCGAN_OK)
        return json;
    for (char *byte = copy; *byte; byte++)
        if ((unsigned char)*byte >= 0x80)
            *byte = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

static dc_status write_pictures_json(const dcgan_training *training)
{
    const dc_dataset *data = training->dataset;
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, data->hash);
    json_t *skipped = json_array();
    for (size_t i = 0; i < data->skipped_count; i++) {
        json_array_append_new(skipped, json_pack("{s:o, s:s}", "path", path_to_json(data->skipped[i].path), "reason",
                                                 data->skipped[i].reason));
    }
    json_t *root = json_pack("{s:i, s:s, s:i, s:i, s:i, s:o}", "count", (int)data->count, "hash", hash, "height",
                             data->height, "width", data->width, "channels", data->channels, "skipped", skipped);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!text)
        return dc_fail(DCGAN_E_MEMORY, "Not enough memory for the list of pictures.");
    dc_status status = dc_run_write(training->run, "pictures.json", text);
    free(text);
    return status;
}

/* ---- Parts ------------------------------------------------------------------------------------------- */

static void plan_length(dcgan_training *training)
{
    const dc_config *config = training->config;
    training->batches = dc_loader_batches(training->loader);
    training->steps = config->steps > 0 ? (uint64_t)config->steps : (uint64_t)config->epochs * training->batches;
    training->epochs = (training->steps + training->batches - 1) / training->batches;
    training->progress = (dcgan_progress){
        .steps = training->steps, .epochs = training->epochs, .batches = training->batches, .seconds_left = -1};
    dc_config_checkpoint_every(config, &training->every_epochs, &training->every_steps);
}

static dc_status open_gan(dcgan_training *training, int batch)
{
    const dc_config *config = training->config;
    dc_device_options device = {.threads = (int)config->threads, .seed = (uint64_t)config->seed};
    dc_gan_options gan;
    int tail = (int)(training->dataset->count % (uint32_t)batch);
    DC_TRY(dc_config_gan(config, batch, tail, &gan));
    DC_TRY(dc_device_open(config->device, &device, &training->device));
    DC_TRY(dc_gan_create(training->device, &gan, &training->gan));
    return dc_samples_create(&gan.shape, (int)config->samples, (uint64_t)config->seed, training->dataset,
                             &training->samples);
}

/* All that follows from the configuration alone. */
static dc_status build(dcgan_training *training)
{
    const dc_config *config = training->config;
    DC_TRY(dc_history_create(&training->history));
    DC_TRY(read_pictures(training));
    uint32_t count = training->dataset->count;
    int batch = (uint64_t)config->batch < count ? (int)config->batch : (int)count;
    if (batch < (int)config->batch) {
        char text[160];
        snprintf(text, sizeof text, "There are fewer pictures (%d) than a batch (%d): every step uses all of them.",
                 batch, (int)config->batch);
        dc_training_tell(training, DCGAN_EVENT_NOTE, text);
    }
    if (dc_health_note(count))
        dc_training_tell(training, DCGAN_EVENT_NOTE, dc_health_note(count));
    dc_health_start(&training->health, count);
    DC_TRY(dc_loader_create(training->dataset, batch, config->flip, (uint64_t)config->seed, &training->loader));
    plan_length(training);
    return open_gan(training, batch);
}

/* ---- A new training ---------------------------------------------------------------------------------- */

/* Relative paths would mean something else when the run is resumed from another directory. */
static dc_status make_paths_absolute(dc_config *config)
{
    for (size_t i = 0; i < config->picture_count; i++) {
        char *absolute =
            strcmp(config->pictures[i], DCGAN_DEMO_FACES) == 0 ? NULL : realpath(config->pictures[i], NULL);
        if (absolute) {
            free(config->pictures[i]);
            config->pictures[i] = absolute;
        }
    }
    return DCGAN_OK;
}

static dc_status write_description(dcgan_training *training)
{
    DC_TRY(dc_config_print(training->config, &training->config_text));
    DC_TRY(dc_run_write(training->run, "config.json", training->config_text));
    return write_pictures_json(training);
}

static dc_status set_up_new(dcgan_training *training, const dc_config *config)
{
    if (config->out[0] == '\0')
        return dc_fail(DCGAN_E_USAGE, "No run directory was named: set \"out\" (-o).");
    DC_TRY(dc_config_copy(config, &training->config));
    DC_TRY(make_paths_absolute(training->config));
    DC_TRY(dc_run_create(config->out, &training->run));
    DC_TRY(build(training));
    DC_TRY(write_description(training));
    dc_run_keep(training->run);
    tell_skipped(training);
    return DCGAN_OK;
}

/* ---- A training to continue -------------------------------------------------------------------------- */

static dc_status override(dc_config *config, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return dc_fail(DCGAN_E_USAGE, "\"%s\" is not of the form key=value.", assignment);
    for (size_t i = 0; dcgan_resume_setting_at(i); i++) {
        const char *key = dcgan_resume_setting_at(i);
        if (strncmp(key, assignment, (size_t)(equals - assignment)) == 0 && key[equals - assignment] == '\0') {
            if (strcmp(key, "epochs") == 0)
                config->steps = 0; /* the new length counts */
            return dcgan_config_set(config, key, equals + 1);
        }
    }
    return dc_fail(DCGAN_E_USAGE, "\"%.*s\" cannot be changed when a run is resumed: it would be another training.",
                   (int)(equals - assignment), assignment);
}

/* The newest checkpoint that is whole; older ones are tried when it is not, and the user is told. */
static dc_status open_newest(dcgan_training *training, dc_safetensors **ret_file, dc_training_state *ret_state)
{
    const char *directory = dc_run_directory(training->run);
    uint64_t *steps;
    size_t count;
    DC_TRY(dc_run_checkpoints(directory, &steps, &count));
    dc_status status = dc_fail(DCGAN_E_INPUT,
                               "%s holds no checkpoint to resume from: it is not a run directory, or it was stopped "
                               "before the first one. Start it again with `dcgan train`.",
                               directory);
    for (size_t i = 0; status != DCGAN_OK && i < count; i++) {
        char *path;
        if (dc_run_checkpoint_path(directory, steps[i], &path) != DCGAN_OK)
            break;
        status = dc_checkpoint_open(path, ret_file, ret_state);
        if (status != DCGAN_OK)
            dc_training_warn(training, "checkpoint", dcgan_error_message());
        free(path);
    }
    free(steps);
    return status;
}

static dc_status read_config(dcgan_training *training, const dc_safetensors *file, const char *const *overrides,
                             size_t override_count)
{
    const char *text = dc_checkpoint_config(file);
    DC_TRY(dcgan_config_create(dc_preset_at(0)->name, &training->config));
    DC_TRY(dc_config_parse(training->config, "The checkpoint's configuration", text, strlen(text)));
    /* The run may have been moved since. */
    DC_TRY(dcgan_config_set(training->config, "out", dc_run_directory(training->run)));
    for (size_t i = 0; i < override_count; i++)
        DC_TRY(override(training->config, overrides[i]));
    return DCGAN_OK;
}

static dc_status restore(dcgan_training *training, const dc_safetensors *file, const dc_training_state *state)
{
    if (training->dataset->hash != state->data_hash)
        return dc_fail(DCGAN_E_INPUT,
                       "The pictures are not those this run was trained on (data hash %016" PRIx64 ", was %016" PRIx64
                       "). Put them back, or start a new run.",
                       training->dataset->hash, state->data_hash);
    DC_TRY(dc_checkpoint_load(file, training->gan));
    training->step = training->saved_step = state->step;
    training->seconds = state->seconds;
    training->progress.step = state->step;
    training->progress.epoch = state->epoch + 1;
    if (training->step >= training->steps)
        return dc_fail(DCGAN_E_USAGE,
                       "This run is complete (step %" PRIu64 " of %" PRIu64 "). To train it longer, give it more "
                       "--epochs.",
                       training->step, training->steps);
    DC_TRY(dc_run_rewind(training->run, state->step, training->history, &training->health));
    return write_description(training);
}

static dc_status set_up_resumed(dcgan_training *training, const char *run, const char *const *overrides,
                                size_t override_count)
{
    dc_safetensors *file = NULL;
    dc_training_state state = {0};
    DC_TRY(dc_run_open(run, &training->run));
    DC_TRY(open_newest(training, &file, &state));
    training->resumed = true;
    dc_status status = read_config(training, file, overrides, override_count);
    if (status == DCGAN_OK)
        status = build(training);
    if (status == DCGAN_OK)
        status = restore(training, file, &state);
    dc_safetensors_close(file);
    return status;
}

/* ---- Public ------------------------------------------------------------------------------------------ */

static dc_status allocate(dcgan_event_fn on_event, void *user, dcgan_training **ret_training)
{
    DC_TRY(dc_alloc(1, sizeof **ret_training, (void **)ret_training));
    (*ret_training)->on_event = on_event;
    (*ret_training)->user = user;
    (*ret_training)->saved_step = DC_NEVER;
    return DCGAN_OK;
}

static dc_status hand_over(dcgan_training *training, dc_status status, dcgan_training **ret_training)
{
    if (status == DCGAN_OK)
        *ret_training = training;
    else
        dcgan_training_close(training);
    return status;
}

dcgan_status dcgan_training_create(const dcgan_config *config, dcgan_event_fn on_event, void *user,
                                   dcgan_training **ret_training)
{
    dcgan_training *training;
    DC_TRY(allocate(on_event, user, &training));
    return hand_over(training, set_up_new(training, config), ret_training);
}

dcgan_status dcgan_training_resume(const char *run, const char *const *overrides, size_t override_count,
                                   dcgan_event_fn on_event, void *user, dcgan_training **ret_training)
{
    dcgan_training *training;
    DC_TRY(allocate(on_event, user, &training));
    return hand_over(training, set_up_resumed(training, run, overrides, override_count), ret_training);
}

void dcgan_training_close(dcgan_training *training)
{
    if (!training)
        return;
    dc_tensorboard_close(training->board);
    dc_samples_free(training->samples);
    dc_gan_free(training->gan);
    dc_device_close(training->device);
    dc_loader_free(training->loader);
    dc_dataset_close(training->dataset);
    dc_pool_free(training->pool);
    dc_history_free(training->history);
    dc_run_close(training->run);
    free(training->config_text);
    dcgan_config_free(training->config);
    free(training);
}
