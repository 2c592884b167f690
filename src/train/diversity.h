/* diversity.h - how different pictures are from each other. A pure function; may call nothing. */
#ifndef DC_TRAIN_DIVERSITY_H
#define DC_TRAIN_DIVERSITY_H

#include <stddef.h>
#include <stdint.h>

typedef struct dc_pictures {
    const uint8_t *pixels; /* (height, width, channels) each */
    size_t stride;         /* bytes from one picture to the next */
    int count, height, width, channels;
} dc_pictures;

/* Root mean square distance over all pairs of pictures, in units that depend on their size alone; 0 for fewer
 * than two. Pictures are averaged to 16x16 cells first: noise does not count as a difference. */
double dc_diversity(const dc_pictures *pictures);

#endif
