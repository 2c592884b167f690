/* checkpoint.h - a training's whole state in one file, and the generator alone in another.
 *
 * Tensors and metadata: docs/run-directory.md. */
#ifndef DC_TRAIN_CHECKPOINT_H
#define DC_TRAIN_CHECKPOINT_H

#include "format/safetensors.h"
#include "train/gan.h"

#define DC_CHECKPOINT_FORMAT "dcgan-checkpoint-1"
#define DC_GENERATOR_FORMAT  "dcgan-generator-1"

/* What a checkpoint knows besides tensors. All else follows from these and the configuration. */
typedef struct dc_training_state {
    uint64_t step;      /* generator updates done */
    uint64_t epoch;     /* epochs complete */
    uint64_t position;  /* pictures of the epoch at work already used */
    double seconds;     /* spent training */
    uint64_t data_hash; /* of the dataset */
} dc_training_state;

/* These refuse (DCGAN_E_DIVERGED) to save a net that holds NaN or infinite numbers. */
dc_status dc_checkpoint_save(const dc_gan *gan, const dc_training_state *state, const char *config_text,
                             const char *path);
dc_status dc_generator_save(const dc_gan *gan, uint64_t step, const char *config_text, const char *path);

/* An opened checkpoint, known to be whole and of our format. Close with dc_safetensors_close. */
dc_status dc_checkpoint_open(const char *path, dc_safetensors **ret_file, dc_training_state *ret_state);
/* The text of the configuration it was saved with; lives as long as the file. */
const char *dc_checkpoint_config(const dc_safetensors *file);
dc_status dc_checkpoint_load(const dc_safetensors *file, dc_gan *gan);

/* Copies a net's values out of a file whose names begin with `prefix`. */
dc_status dc_load_net(const dc_safetensors *file, const char *prefix, dc_plan *plan);

#endif
