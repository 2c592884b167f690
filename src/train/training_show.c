/* training_show.c - what a training shows of itself: metrics, warnings, samples, the loss chart, TensorBoard's files.
 *
 * Losing any of it (a full disk, say) is told and survived. */
#include "train/training.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void warn_of_failure(dcgan_training *training)
{
    char *text;
    if (asprintf(&text, "%s Training goes on.", dcgan_error_message()) < 0)
        return;
    dc_training_warn(training, "writing", text);
    free(text);
}

/* For what is written at every step: once is enough, every step to come would say the same. */
static void warn_once(dcgan_training *training, bool *warned)
{
    if (!*warned)
        warn_of_failure(training);
    *warned = true;
}

static void pass_on(dcgan_training *training, const dc_warning *warning)
{
    if (warning)
        dc_training_warn(training, warning->cause, warning->text);
}

static dc_moment moment_of(const dcgan_training *training)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (dc_moment){.step = training->step, .clock = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec};
}

/* ---- Steps ------------------------------------------------------------------------------------------- */

static void update_progress(dcgan_training *training, const dc_score scores[DC_SLOT_COUNT])
{
    uint64_t before = training->step - 1;
    training->progress = (dcgan_progress){
        .step = training->step,
        .steps = training->steps,
        .epoch = before / training->batches + 1,
        .epochs = training->epochs,
        .batch = before % training->batches + 1,
        .batches = training->batches,
        .loss_d = (double)scores[DC_SLOT_D_REAL].loss + (double)scores[DC_SLOT_D_FAKE].loss,
        .loss_g = scores[DC_SLOT_G].loss,
        .d_real = scores[DC_SLOT_D_REAL].probability,
        .d_fake = scores[DC_SLOT_D_FAKE].probability,
        .d_fake_after = scores[DC_SLOT_G].probability,
        .images_per_second = dc_pace_images_per_second(&training->pace),
        .seconds = training->seconds,
        .seconds_left = dc_pace_seconds_for(&training->pace, training->steps - training->step),
    };
}

static void add_to_board(dcgan_training *training)
{
    const dcgan_progress *p = &training->progress;
    const dc_scalar scalars[] = {
        {"losses/discriminator", p->loss_d},
        {"losses/generator", p->loss_g},
        {"scores/D(x)", p->d_real},
        {"scores/D(G(z)) before the update", p->d_fake},
        {"scores/D(G(z)) after the update", p->d_fake_after},
        {"speed/images per second", p->images_per_second},
    };
    if (dc_tensorboard_add_scalars(training->board, moment_of(training), scalars, sizeof scalars / sizeof scalars[0]) !=
        DCGAN_OK)
        warn_once(training, &training->board_failed);
}

void dc_training_note_step(dcgan_training *training, const dc_score scores[DC_SLOT_COUNT], int images)
{
    dc_pace_note(&training->pace, dc_now(), images);
    update_progress(training, scores);
    const dcgan_progress *p = &training->progress;
    dc_metrics metrics = {.step = p->step,
                          .epoch = p->epoch,
                          .batch = p->batch,
                          .time = p->seconds,
                          .loss_d = p->loss_d,
                          .loss_g = p->loss_g,
                          .d_real = p->d_real,
                          .d_fake = p->d_fake,
                          .d_fake_after = p->d_fake_after,
                          .sign_real = scores[DC_SLOT_D_REAL].sign,
                          .images_per_second = p->images_per_second};
    dc_history_add(training->history, &metrics);
    if (dc_run_log_metrics(training->run, &metrics) != DCGAN_OK)
        warn_once(training, &training->log_failed);
    if (training->board)
        add_to_board(training);
    pass_on(training, dc_health_step(&training->health, &metrics));
}

/* ---- Epochs ------------------------------------------------------------------------------------------ */

typedef dc_status (*write_samples_fn)(dc_samples *, dc_gan *, const dc_run *, uint64_t, char **);

/* Returns the path within the run, to be freed; NULL if nothing could be written. */
static char *write_samples(dcgan_training *training, write_samples_fn write, uint64_t epoch)
{
    char *name;
    if (write(training->samples, training->gan, training->run, epoch, &name) != DCGAN_OK) {
        warn_of_failure(training);
        return NULL;
    }
    dc_training_tell(training, DCGAN_EVENT_SAMPLES, name);
    return name;
}

static dc_status copy_to_board(dcgan_training *training, const char *name)
{
    char *path;
    dc_mapping png;
    DC_TRY(dc_run_file(training->run, &path, "%s", name));
    dc_status status = dc_file_map(path, &png);
    free(path);
    DC_TRY(status);
    status = dc_tensorboard_add_picture(training->board, moment_of(training), "samples", png.data, png.size);
    dc_file_unmap(&png);
    return status;
}

static void judge_samples(dcgan_training *training)
{
    double diversity = dc_samples_diversity(training->samples);
    if (!isfinite(diversity))
        return;
    dc_training_log_diversity(training, diversity);
    pass_on(training, dc_health_samples(&training->health, training->step, diversity));
}

static void show_samples(dcgan_training *training, uint64_t epoch)
{
    char *name = write_samples(training, dc_samples_write_grid, epoch);
    if (!name)
        return;
    if (training->board && copy_to_board(training, name) != DCGAN_OK)
        warn_once(training, &training->board_failed);
    free(name);
    judge_samples(training);
}

static void draw_losses(dcgan_training *training)
{
    char *path;
    dc_status status = dc_run_file(training->run, &path, "losses.png");
    if (status == DCGAN_OK) {
        status = dc_history_draw(training->history, path);
        free(path);
    }
    if (status != DCGAN_OK)
        warn_of_failure(training);
}

void dc_training_show_epoch(dcgan_training *training, uint64_t epoch)
{
    if (epoch % (uint64_t)training->config->sample_every == 0 || training->step == training->steps) {
        show_samples(training, epoch);
        draw_losses(training);
    }
    if (training->config->sample_pair && epoch > 0)
        free(write_samples(training, dc_samples_write_pair, epoch));
}

static void open_board(dcgan_training *training)
{
    char *folder;
    dc_status status = dc_run_file(training->run, &folder, "tensorboard");
    if (status == DCGAN_OK) {
        status = dc_tensorboard_open(folder, moment_of(training), &training->board);
        free(folder);
    }
    if (status != DCGAN_OK)
        warn_of_failure(training);
}

void dc_training_show_start(dcgan_training *training)
{
    if (training->config->tensorboard)
        open_board(training);
    if (!training->resumed)
        dc_training_show_epoch(training, 0);
}
