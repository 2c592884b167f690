/* samples.h - the pictures a training shows of itself: always from the same latents, so that they can be
 * compared from epoch to epoch. */
#ifndef DC_TRAIN_SAMPLES_H
#define DC_TRAIN_SAMPLES_H

#include "train/dataset.h"
#include "train/gan.h"
#include "train/run.h"

typedef struct dc_samples dc_samples;

/* `count` latents that follow from the seed: those of `dcgan generate --seed`. Their pictures are measured against
 * as many of the dataset's. */
dc_status dc_samples_create(const dc_net_shape *shape, int count, uint64_t seed, const dc_dataset *dataset,
                            dc_samples **ret_samples);
void dc_samples_free(dc_samples *samples);

/* samples/epoch_NNNN.png: all of them in a grid. ret_name is the path within the run; free(). */
dc_status dc_samples_write_grid(dc_samples *samples, dc_gan *gan, const dc_run *run, uint64_t epoch, char **ret_name);
/* samples/two_generated_epoch_N.png: the first two side by side. */
dc_status dc_samples_write_pair(dc_samples *samples, dc_gan *gan, const dc_run *run, uint64_t epoch, char **ret_name);

/* Of the newest grid: how different its pictures are from each other, by the same measure of real ones: near 0
 * when they are all alike. NaN where too few pictures say nothing. */
double dc_samples_diversity(const dc_samples *samples);

#endif
