/* training_rig.h - whole trainings of tiny nets on tiny pictures, stopped where a test wants it, and compared. */
#ifndef DC_TESTS_TRAINING_RIG_H
#define DC_TESTS_TRAINING_RIG_H

#include "train/training.h"

/* A folder of the scratch directory with pictures of 16 x 16, each of other random pixels. */
void make_random_pictures(const char *folder, int count);

/* A preset narrowed down to 16 x 16, two features and batches of 4, on a folder of the scratch directory. */
dc_config *tiny_config(const char *preset, const char *folder);
void set(dc_config *config, const char *key, const char *value);

/* What a training told, and when it is to be stopped. */
typedef struct watch {
    uint64_t stop_at;                    /* step after which it is asked to stop; DC_NEVER */
    uint64_t poison_at;                  /* step after which a weight is made NaN; 0: never */
    void (*on_started)(const char *run); /* or NULL */
    dcgan_training *training;
    int warnings;
    char warning[1024]; /* the last */
    char notes[2048];   /* all of them */
} watch;

/* A new run `name` of the scratch directory, to its end or to the stop. */
dc_status train_new(dc_config *config, const char *name, watch *w);
/* The same, resumed; `override` may be NULL. */
dc_status train_on(const char *name, const char *override, watch *w);
/* Both for tests that want no more of it than to end in `status`. */
void assert_trains_new(dc_config *config, const char *name, uint64_t stop_at, dc_status status);
void assert_trains_on(const char *name, const char *override, uint64_t stop_at, dc_status status);

/* "NAME/FILE" in the scratch directory; good for a while, as scratch_path is. */
const char *run_file(const char *run, const char *file);
const char *checkpoint_file(const char *run, uint64_t step);

/* Steps 1..steps once each, in order; both runs' lines alike but for the times. */
void assert_same_metrics(const char *run, const char *other, uint64_t steps);
/* Tensors and counters alike, to the bit; not `config` and `time`. */
void assert_same_tensors(const char *path, const char *other);
/* The same names, the same bytes. */
void assert_same_samples(const char *run, const char *other);
/* All of the above, for two runs that ended at `steps`. */
void assert_same_runs(const char *run, const char *other, uint64_t steps);

void assert_message_has(const char *part);

/* Skips the running test, aloud, if there is no such device in this build or on this machine. */
void require_device(const char *name);

#endif
