/* health.h - tells from a training's numbers what goes wrong with it, in plain words: a pure function of them.
 *
 * A warning needs evidence over many steps, never a passing spike. It is given once, and again only after the
 * training has recovered from it. */
#ifndef DC_TRAIN_HEALTH_H
#define DC_TRAIN_HEALTH_H

#include "train/metrics.h"

typedef struct dc_warning {
    const char *cause; /* a short name: "overpowering" */
    const char *text;  /* what is seen, why, and what to do */
} dc_warning;

/* Means over whole epochs, of at least some steps. */
typedef struct dc_window {
    uint64_t steps, first_epoch, epoch;
    double gap, sign; /* sums */
} dc_window;

typedef struct dc_health {
    uint32_t pictures;

    double loss_d;      /* smoothed */
    uint64_t low_steps; /* in a row with a low loss_d */
    double far_share;   /* smoothed share of steps whose loss_d is far beyond guessing */
    uint64_t far_steps; /* in a row with a large share */
    uint64_t steps;     /* seen */

    dc_window window;               /* being filled */
    double gap, sign;               /* smoothed over windows: D(x) - D(G(z)), and sign_real */
    double lowest_gap;              /* of the smoothed ones */
    uint64_t windows, sure_windows; /* seen; in a row in which D is sure of all it sees */

    uint64_t evaluated_step; /* of the newest samples */
    double best_diversity;
    uint64_t poor_evaluations, poor_since; /* in a row; step of the first */

    bool overpowering, learning_rate, overfitting, collapse; /* told, and not recovered from */
} dc_health;

/* For a training on this many pictures. */
void dc_health_start(dc_health *health, uint32_t pictures);

/* The next step. NULL: nothing to warn of. */
const dc_warning *dc_health_step(dc_health *health, const dc_metrics *metrics);

/* Samples made after `step`. `diversity`: how different they are from each other, by the same measure of real
 * pictures. NULL: nothing to warn of. */
const dc_warning *dc_health_samples(dc_health *health, uint64_t step, double diversity);

/* What to know before training on so few pictures; NULL if they are enough. */
const char *dc_health_note(uint32_t pictures);

#endif
