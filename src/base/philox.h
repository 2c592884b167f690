/* philox.h - random numbers without state: Philox4x32-10 (Salmon et al., SC 2011).
 *
 * A number is a function of (seed, purpose, step, index): the same on every device, for every number of
 * threads, and after a resume. */
#ifndef DC_BASE_PHILOX_H
#define DC_BASE_PHILOX_H

#include <stdint.h>

/* What a stream of numbers is for; streams of different purposes never meet. */
typedef enum dc_purpose {
    DC_PURPOSE_INIT = 1,    /* step: index of the parameter in its net (+ 1000 for the discriminator) */
    DC_PURPOSE_ORDER = 2,   /* step: epoch */
    DC_PURPOSE_FLIP = 3,    /* step: training step */
    DC_PURPOSE_SAMPLE = 4,  /* fixed latents of pictures shown; step 0 */
    DC_PURPOSE_LATENT = 16, /* + k: k-th noise batch within a training step; step: training step */
} dc_purpose;

typedef struct dc_stream {
    uint64_t seed;
    uint64_t step;
    uint32_t purpose;
} dc_stream;

/* The four words of one Philox block. */
void dc_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_words[4]);

/* Words 4*index .. 4*index+3 of a stream. */
void dc_stream_block(const dc_stream *stream, uint32_t index, uint32_t ret_words[4]);

/* Element `index` of a stream, uniform in 0..2^32-1. */
uint32_t dc_stream_word(const dc_stream *stream, uint64_t index);

/* Elements first .. first+n-1 of the stream's standard normal numbers (Box-Muller with polynomials of our
 * own, for libm differs between systems and devices). */
void dc_stream_normal(const dc_stream *stream, uint64_t first, uint64_t n, float *ret_values);

/* Fisher-Yates permutation of 0..n-1. */
void dc_stream_permutation(const dc_stream *stream, uint32_t n, uint32_t *ret_order);

#endif
