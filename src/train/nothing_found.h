/* nothing_found.h - what to say when no picture can be used: where was looked, and what was there instead. */
#ifndef DC_TRAIN_NOTHING_FOUND_H
#define DC_TRAIN_NOTHING_FOUND_H

#include "train/scan.h"

/* Returns DCGAN_E_INPUT with the message. `skipped` are all skipped files, in the order of their paths. */
dc_status dc_fail_nothing_found(const dc_dataset_source *source, const dc_scan *scan, const dc_skipped *skipped,
                                size_t skipped_count);

#endif
