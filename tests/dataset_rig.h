/* dataset_rig.h - what the tests of the data set share: folders of pictures, opened at once. */
#ifndef DC_TESTS_DATASET_RIG_H
#define DC_TESTS_DATASET_RIG_H

#include "train/dataset.h"

/* Creates the scratch directory and sends caches there. scratch_remove takes it down. */
int dataset_rig_create(void **state);

extern const dc_image_fit rgb8; /* 8 x 8, RGB, decoded in full */

void make_folder(const char *name);
/* A folder with pictures 1.png .. n.png; picture i is of grey i. */
void make_numbered(const char *folder, int count);

/* Opens a folder of the scratch directory. */
dc_status try_open(const char *folder, const dc_image_fit *fit, int threads, dc_dataset **ret_dataset);
/* The same with rgb8 and two threads; the running test fails if it does. */
dc_dataset *open_folder(const char *folder);

/* First byte of a picture. */
uint8_t first_value(const dc_dataset *dataset, uint32_t picture);

/* Runs the check in a process that permissions bind; skips the test, aloud, if there can be none. */
void run_as_ordinary_user(bool (*check)(void));

#endif
