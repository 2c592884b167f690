/* training.c - the loop: batches to steps, and checkpoints on the way. What is to be seen of it: training_show.c.
 *
 * Losing a checkpoint ends the run. */
#include "train/training.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Telling ----------------------------------------------------------------------------------------- */

/* Names in events.jsonl; kinds without one are for the screen only. */
static const char *const event_names[] = {
    [DCGAN_EVENT_NOTE] = "note",        [DCGAN_EVENT_EPOCH] = "epoch", [DCGAN_EVENT_SAMPLES] = "samples",
    [DCGAN_EVENT_SAVED] = "checkpoint", [DCGAN_EVENT_FINISHED] = NULL,
};

static json_t *event_object(const dcgan_training *training, const char *name)
{
    return json_pack("{s:s, s:I, s:I, s:f}", "event", name, "step", (json_int_t)training->step, "epoch",
                     (json_int_t)training->progress.epoch, "time", round(training->seconds * 1000) / 1000);
}

static void log_event(dcgan_training *training, json_t *event)
{
    /* What the event says has reached the user already; a full disk must not end the training. */
    if (training->run)
        (void)dc_run_log_event(training->run, event);
    else
        json_decref(event);
}

static void call_user(dcgan_training *training, dcgan_event_kind kind, const char *text)
{
    if (training->on_event)
        training->on_event(training->user, &(dcgan_event){.kind = kind, .text = text, .progress = &training->progress});
}

void dc_training_tell(dcgan_training *training, dcgan_event_kind kind, const char *text)
{
    const char *name = event_names[kind];
    if (name) {
        json_t *event = event_object(training, name);
        bool file = kind == DCGAN_EVENT_SAMPLES || kind == DCGAN_EVENT_SAVED;
        if (text)
            json_object_set_new(event, file ? "path" : "text", json_string(text));
        log_event(training, event);
    }
    call_user(training, kind, text);
}

static void log_warning(dcgan_training *training, const char *cause, const char *text)
{
    json_t *event = event_object(training, "warning");
    json_object_set_new(event, "cause", json_string(cause));
    json_object_set_new(event, "text", json_string(text));
    log_event(training, event);
}

void dc_training_warn(dcgan_training *training, const char *cause, const char *text)
{
    log_warning(training, cause, text);
    call_user(training, DCGAN_EVENT_WARNING, text);
}

void dc_training_log_diversity(dcgan_training *training, double diversity)
{
    json_t *event = event_object(training, "diversity");
    json_object_set_new(event, "diversity", json_real(diversity));
    log_event(training, event);
}

static void tell_started(dcgan_training *training)
{
    json_t *event = event_object(training, "started");
    json_object_set_new(event, "resumed", json_boolean(training->resumed));
    json_object_set_new(event, "pid", json_integer(getpid()));
    json_object_set_new(event, "device", json_string(dc_device_label(training->device)));
    json_object_set_new(event, "steps", json_integer((json_int_t)training->steps));
    json_object_set_new(event, "epochs", json_integer((json_int_t)training->epochs));
    json_object_set_new(event, "batches", json_integer((json_int_t)training->batches));
    log_event(training, event);
    dc_training_tell(training, DCGAN_EVENT_STARTED, dc_run_directory(training->run));
}

static void log_finished(dcgan_training *training, const char *state)
{
    json_t *event = event_object(training, "finished");
    json_object_set_new(event, "state", json_string(state));
    log_event(training, event);
}

static void tell_finished(dcgan_training *training, const char *state)
{
    log_finished(training, state);
    dc_training_tell(training, DCGAN_EVENT_FINISHED, dc_run_directory(training->run));
}

/* ---- Saving ------------------------------------------------------------------------------------------ */

/* The checkpoint comes last: a training that is killed before it is there is resumed from the one before, and
 * makes all that belongs to this one again. */
static dc_status save(dcgan_training *training)
{
    uint64_t batch = (uint64_t)training->gan->options.batch;
    dc_training_state state = {.step = training->step,
                               .epoch = training->step / training->batches,
                               .position = training->step % training->batches * batch,
                               .seconds = training->seconds,
                               .data_hash = training->dataset->hash};
    const char *directory = dc_run_directory(training->run);
    char *path, *generator = NULL;
    DC_TRY(dc_run_checkpoint_path(directory, training->step, &path));
    dc_status status = dc_run_file(training->run, &generator, "generator.safetensors");
    if (status == DCGAN_OK)
        status = dc_generator_save(training->gan, training->step, training->config_text, generator);
    if (status == DCGAN_OK)
        status = dc_checkpoint_save(training->gan, &state, training->config_text, path);
    if (status == DCGAN_OK) {
        training->saved_step = training->step;
        dc_run_prune(training->run, training->step, (size_t)training->config->keep);
        dc_training_tell(training, DCGAN_EVENT_SAVED, path + strlen(directory) + 1);
    }
    free(generator);
    free(path);
    return status;
}

/* ---- The loop ---------------------------------------------------------------------------------------- */

/* What can be done is in the message that is returned, too: the event is for who looks at the run later. */
static dc_status diverged(dcgan_training *training)
{
    char text[512], remedy[128] = "There is no checkpoint yet.";
    if (training->saved_step != DC_NEVER)
        snprintf(remedy, sizeof remedy,
                 "`dcgan resume` goes on from the checkpoint of step %" PRIu64 ", which is good.",
                 training->saved_step);
    snprintf(text, sizeof text,
             "The losses or weights became NaN or infinite at step %" PRIu64
             ": the learning rate is probably too high. %s The lasting remedy is a new run with a smaller --lr.",
             training->step, remedy);
    log_warning(training, "diverged", text);
    tell_finished(training, "diverged");
    return dc_fail(DCGAN_E_DIVERGED, "%s", text);
}

/* One batch: upload, train, read the scores. */
static dc_status advance(dcgan_training *training)
{
    dc_score scores[DC_SLOT_COUNT];
    double begin = dc_now();
    dc_batch batch = dc_loader_get(training->loader, training->step);
    dc_gan_upload(training->gan, batch.n, batch.pixels, batch.mirror);
    dc_gan_train(training->gan, batch.n, training->step);
    DC_TRY(dc_device_scores(training->device, scores));
    training->step++;
    training->seconds += dc_now() - begin;
    dc_training_note_step(training, scores, batch.n);
    if (!isfinite(training->progress.loss_d) || !isfinite(training->progress.loss_g))
        return DCGAN_E_DIVERGED;
    dc_training_tell(training, DCGAN_EVENT_STEP, NULL);
    return DCGAN_OK;
}

static bool checkpoint_is_due(const dcgan_training *training)
{
    uint64_t every = training->every_steps ? training->every_steps : training->every_epochs * training->batches;
    return training->step % every == 0 || training->step == training->steps;
}

static dc_status train(dcgan_training *training)
{
    while (training->step < training->steps) {
        if (atomic_load(&training->stop))
            return DCGAN_E_STOPPED;
        DC_TRY(advance(training));
        bool epoch_done = training->step % training->batches == 0;
        if (epoch_done)
            dc_training_tell(training, DCGAN_EVENT_EPOCH, NULL);
        if (epoch_done || training->step == training->steps)
            dc_training_show_epoch(training, training->progress.epoch);
        if (checkpoint_is_due(training))
            DC_TRY(save(training));
    }
    return DCGAN_OK;
}

static dc_status stopped(dcgan_training *training)
{
    if (training->saved_step != training->step)
        DC_TRY(save(training));
    tell_finished(training, "stopped");
    return dc_fail(DCGAN_E_STOPPED, "Stopped at step %" PRIu64 " of %" PRIu64 ", saved in %s.", training->step,
                   training->steps, dc_run_directory(training->run));
}

/* The log may fail as the training did (a full disk): the first message is the one that matters. */
static dc_status failed(dcgan_training *training, dc_status status)
{
    char *message;
    DC_TRY(dc_strdup(dcgan_error_message(), &message));
    log_finished(training, "failed");
    dc_fail(status, "%s", message);
    free(message);
    return status;
}

dcgan_status dcgan_training_run(dcgan_training *training)
{
    tell_started(training);
    dc_training_show_start(training);
    dc_pace_start(&training->pace, dc_now());
    dc_status status = train(training);
    if (status == DCGAN_E_STOPPED)
        return stopped(training);
    if (status == DCGAN_E_DIVERGED)
        return diverged(training);
    if (status != DCGAN_OK)
        return failed(training, status);
    tell_finished(training, "done");
    return DCGAN_OK;
}

void dcgan_training_stop(dcgan_training *training)
{
    atomic_store(&training->stop, true);
}

const char *dcgan_training_directory(const dcgan_training *training)
{
    return dc_run_directory(training->run);
}
