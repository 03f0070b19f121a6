// Sixteen floats side by side: a cache line, and a register of AVX-512. Eight are one of AVX2.

#ifndef LANES_H
#define LANES_H

#include "kernels.h"

typedef float lanes __attribute__((ext_vector_type(16)));
typedef float eight __attribute__((ext_vector_type(8)));
typedef float four __attribute__((ext_vector_type(4)));
typedef int32_t words __attribute__((ext_vector_type(16)));
typedef uint16_t shorts __attribute__((ext_vector_type(16)));

INLINE void load(const float *x, lanes *value) { memcpy(value, x, sizeof *value); }

INLINE void store(const lanes *value, float *x) { memcpy(x, value, sizeof *value); }

/// The sum of all lanes by halves: 4 additions behind one another, where a loop over lanes has 15.
INLINE float sum_of_lanes(const lanes *x) {
    const eight half = x->lo + x->hi;
    const four quarter = half.lo + half.hi;
    return (quarter.x + quarter.z) + (quarter.y + quarter.w);
}

#endif
