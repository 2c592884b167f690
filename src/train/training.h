/* training.h - the public dcgan_training, as its parts see it: set up in training_setup.c, run in training.c, shown
 * in training_show.c. */
#ifndef DC_TRAIN_TRAINING_H
#define DC_TRAIN_TRAINING_H

#include "base/pool.h"
#include "format/tensorboard.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/health.h"
#include "train/loader.h"
#include "train/progress.h"
#include "train/samples.h"

#include <stdatomic.h>

#define DC_NEVER UINT64_MAX

struct dcgan_training {
    dc_config *config;
    char *config_text; /* of config.json and of every checkpoint */
    dcgan_event_fn on_event;
    void *user;

    dc_pool *pool; /* reads pictures */
    dc_dataset *dataset;
    dc_loader *loader;
    dc_device *device;
    dc_gan *gan;
    dc_run *run;
    dc_history *history;
    dc_samples *samples;
    dc_health health;
    dc_tensorboard *board; /* NULL: not wanted */

    uint64_t steps, batches, epochs;    /* planned; steps per epoch; planned */
    uint64_t every_epochs, every_steps; /* between checkpoints: one of them is 0 */
    uint64_t step, saved_step;          /* done; at the last checkpoint, or DC_NEVER */
    bool resumed, log_failed, board_failed;
    double seconds; /* spent training */
    dc_pace pace;
    dcgan_progress progress;
    atomic_bool stop;
};

/* Tells the user and, for what belongs there, the run's events.jsonl. */
void dc_training_tell(dcgan_training *training, dcgan_event_kind kind, const char *text);
/* The same for warnings; `cause` is a short name for programs. */
void dc_training_warn(dcgan_training *training, const char *cause, const char *text);

/* Adds a measurement of the samples to events.jsonl. */
void dc_training_log_diversity(dcgan_training *training, double diversity);

/* What is to be seen of a step that is done: progress, metrics, warnings. `images`: real pictures it took. */
void dc_training_note_step(dcgan_training *training, const dc_score scores[DC_SLOT_COUNT], int images);
/* Before the first step. */
void dc_training_show_start(dcgan_training *training);
/* Of an epoch that is complete, or of the beginning (0): samples and losses. */
void dc_training_show_epoch(dcgan_training *training, uint64_t epoch);

#endif
