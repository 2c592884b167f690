/* philox.c - see philox.h. Compiled without fused multiply-adds, so that every build gives the same bits. */
#include "base/philox.h"

#include <math.h>

static uint32_t multiply(uint32_t a, uint32_t b, uint32_t *ret_low)
{
    uint64_t product = (uint64_t)a * b;
    *ret_low = (uint32_t)product;
    return (uint32_t)(product >> 32);
}

void dc_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t ret_words[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t low0, low1;
        uint32_t high0 = multiply(0xD2511F53u, c0, &low0);
        uint32_t high1 = multiply(0xCD9E8D57u, c2, &low1);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    ret_words[0] = c0;
    ret_words[1] = c1;
    ret_words[2] = c2;
    ret_words[3] = c3;
}

void dc_stream_block(const dc_stream *stream, uint32_t index, uint32_t ret_words[4])
{
    const uint32_t counter[4] = {index, stream->purpose, (uint32_t)stream->step, (uint32_t)(stream->step >> 32)};
    const uint32_t key[2] = {(uint32_t)stream->seed, (uint32_t)(stream->seed >> 32)};
    dc_philox(counter, key, ret_words);
}

uint32_t dc_stream_word(const dc_stream *stream, uint64_t index)
{
    uint32_t words[4];
    dc_stream_block(stream, (uint32_t)(index / 4), words);
    return words[index % 4];
}

/* ln x for normal x > 0: x = m 2^e with m in [sqrt 1/2, sqrt 2), ln m = 2 atanh((m-1)/(m+1)). */
static double natural_log(double x)
{
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    double t = (m - 1) / (m + 1), t2 = t * t, sum = 0;
    for (int k = 19; k >= 1; k -= 2)
        sum = sum * t2 + 1.0 / k;
    return 2 * t * sum + exponent * 0.69314718055994531;
}

/* sin and cos of 2 pi u, u in [0, 1): the quadrant by exact arithmetic, the rest by Taylor series. */
static void sin_cos_turn(double u, double *ret_sin, double *ret_cos)
{
    int quadrant = (int)(u * 4 + 0.5);
    double x = (u - quadrant * 0.25) * 6.28318530717958648, x2 = x * x;
    double sine = 1, cosine = 1;
    for (int k = 16; k >= 2; k -= 2) {
        sine = 1 - sine * x2 / (k * (k + 1.0));
        cosine = 1 - cosine * x2 / (k * (k - 1.0));
    }
    sine *= x;
    const double turned[4][2] = {{sine, cosine}, {cosine, -sine}, {-sine, -cosine}, {-cosine, sine}};
    *ret_sin = turned[quadrant & 3][0];
    *ret_cos = turned[quadrant & 3][1];
}

/* Two words to two normal numbers (Box & Muller, 1958). */
static void normal_pair(const uint32_t words[2], float ret_values[2])
{
    double u = (words[0] + 1.0) / 4294967296.0; /* (0, 1] */
    double radius = sqrt(-2 * natural_log(u));
    double sine, cosine;
    sin_cos_turn(words[1] / 4294967296.0, &sine, &cosine);
    ret_values[0] = (float)(radius * cosine);
    ret_values[1] = (float)(radius * sine);
}

void dc_stream_normal(const dc_stream *stream, uint64_t first, uint64_t n, float *ret_values)
{
    for (uint64_t i = 0; i < n;) {
        uint64_t block = (first + i) / 4;
        uint32_t words[4];
        float values[4];
        dc_stream_block(stream, (uint32_t)block, words);
        normal_pair(words, values);
        normal_pair(words + 2, values + 2);
        for (uint64_t j = (first + i) % 4; j < 4 && i < n; j++, i++)
            ret_values[i] = values[j];
    }
}

void dc_stream_permutation(const dc_stream *stream, uint32_t n, uint32_t *ret_order)
{
    for (uint32_t i = 0; i < n; i++)
        ret_order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)((uint64_t)dc_stream_word(stream, i) * i >> 32);
        uint32_t swapped = ret_order[i - 1];
        ret_order[i - 1] = ret_order[j];
        ret_order[j] = swapped;
    }
}
