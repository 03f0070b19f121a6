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

/// Sixteen values from `j` on of a row of n, zero behind its end.
INLINE void load_part(const float *row, int64_t j, int64_t n, lanes *x) {
    if (j + 16 <= n) {
        load(row + j, x);
    } else {
        *x = 0;
        memcpy(x, row + j, (size_t)(n - j) * sizeof *row);
    }
}

INLINE void store_part(const lanes *x, float *row, int64_t j, int64_t n) {
    memcpy(row + j, x, j + 16 <= n ? sizeof *x : (size_t)(n - j) * sizeof *row);
}

/// The sum of all lanes by halves: 4 additions behind one another, where a loop over lanes has 15.
INLINE float sum_of_lanes(const lanes *x) {
    const eight half = x->lo + x->hi;
    const four quarter = half.lo + half.hi;
    return (quarter.x + quarter.z) + (quarter.y + quarter.w);
}

#endif
