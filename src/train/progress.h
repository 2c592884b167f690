/* progress.h - how fast a training goes, and when it will be done: over the last seconds, so that the time
 * left is right soon after the start and follows a machine that gets busy. */
#ifndef DC_TRAIN_PROGRESS_H
#define DC_TRAIN_PROGRESS_H

#include <stdint.h>

#define DC_PROGRESS_WINDOW 64 /* steps looked back at, at most */

typedef struct dc_pace {
    double ends[DC_PROGRESS_WINDOW];     /* when the last steps ended, seconds; a ring */
    uint64_t images[DC_PROGRESS_WINDOW]; /* images done by then */
    uint64_t count;                      /* steps noted */
} dc_pace;

/* Seconds of a clock that never goes back. */
double dc_now(void);

/* The moment from which the first step's time counts. */
void dc_pace_start(dc_pace *pace, double now);
void dc_pace_note(dc_pace *pace, double now, int images);
/* 0 while unknown. */
double dc_pace_images_per_second(const dc_pace *pace);
/* Seconds for `steps` more steps; negative while unknown. */
double dc_pace_seconds_for(const dc_pace *pace, uint64_t steps);

#endif
