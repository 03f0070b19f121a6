// Sixteen floats side by side: a cache line, and a register of AVX-512. Eight are one of AVX2.

#ifndef LANES_H
#define LANES_H

#include "kernels.h"

typedef float lanes __attribute__((ext_vector_type(16)));
typedef float eight __attribute__((ext_vector_type(8)));
typedef int32_t words __attribute__((ext_vector_type(16)));
typedef uint16_t shorts __attribute__((ext_vector_type(16)));

INLINE void load(const float *x, lanes *value) { memcpy(value, x, sizeof *value); }

INLINE void store(const lanes *value, float *x) { memcpy(x, value, sizeof *value); }

#endif
