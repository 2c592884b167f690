/* explore.h - pictures from latents: two seeds, the arc between them, and steps aside from it.
 *
 * Keeps the last generator used open and loads it again when its file is replaced. May call runs, base, and
 * the generator of dcgan.h. */
#ifndef DC_SERVE_EXPLORE_H
#define DC_SERVE_EXPLORE_H

#include "serve/runs.h"

#define DC_MAX_DIRECTIONS 8
#define DC_MAX_WALK       16

/* Where to go. Picture 0 of a seed is what `dcgan generate --seed` makes first. */
typedef struct dc_walk {
    uint64_t seed_a, seed_b;
    double t;                             /* 0 at a, 1 at b; unless count > 1 */
    int count;                            /* pictures side by side; with more than one, t runs from 0 to 1 */
    double directions[DC_MAX_DIRECTIONS]; /* steps aside, in standard deviations of z */
    int direction_count;
    uint64_t checkpoint; /* step of the checkpoint to use, 0: the newest generator */
} dc_walk;

typedef struct dc_explorer dc_explorer;

dc_status dc_explorer_create(dc_explorer **ret_explorer);
void dc_explorer_free(dc_explorer *explorer);

/* One PNG of all pictures in a row; free(). */
dc_status dc_explorer_generate(dc_explorer *explorer, const dc_runs *runs, const dc_listed *run, const dc_walk *walk,
                               uint8_t **ret_png, size_t *ret_size);

#endif
