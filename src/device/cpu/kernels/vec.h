/* vec.h - vectors of the instruction set this file is compiled for, on GCC's and Clang's vector types. */
#ifndef DC_DEVICE_CPU_VEC_H
#define DC_DEVICE_CPU_VEC_H

#include "device/cpu/kernels/kernels.h"

/* The register block: ROWS x 2 vectors of sums, two of b and one of a must fit in the registers. */
#if defined __AVX512F__
#define LANES 16
#define ROWS  8
#elif defined __AVX2__
#define LANES 8
#define ROWS  6
#elif defined __aarch64__
#define LANES 4
#define ROWS  8
#else
#define LANES 4
#define ROWS  6
#endif
#define COLUMNS (2 * LANES)
/* The least common multiple of ROWS and LANES, 6 and 8 or 6 and 4. */
#define Y_WIDTH (ROWS % LANES == 0 ? ROWS : LANES % ROWS == 0 ? LANES : ROWS * LANES / 2)

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
typedef float vec_anywhere __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

typedef float octet __attribute__((vector_size(8 * sizeof(float)), aligned(sizeof(float)), may_alias)); /* anywhere */
typedef uint8_t bytes __attribute__((vector_size(LANES)));
typedef int32_t ivec __attribute__((vector_size(LANES * sizeof(int32_t))));

#define INLINE static inline __attribute__((always_inline))

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE vec load(const float *from)
{
    return *(const vec_anywhere *)from;
}

INLINE void store(float *to, vec value)
{
    *(vec_anywhere *)to = value;
}

INLINE vec splat(float value)
{
    return value + (vec){0};
}

/* Lane by lane; a comparison of vectors gives lanes of all ones or zeros. */
INLINE vec choose(ivec condition, vec yes, vec no)
{
    return (vec)((condition & (ivec)yes) | (~condition & (ivec)no));
}

#endif
