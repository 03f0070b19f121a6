// Sums of products of bf16 numbers by AVX-512's fused products of float32: the bits of AVX512-BF16's dot product of pairs, which is
// defined by them (Intel SDM, VDPBF16PS: the odd numbers' product is added, then the even ones', rounded to nearest each, and
// denormals are zero), on CPUs that do it at less than half their speed, as an Emerald Rapids.

#include "bf16_panels.h"
#include <stdlib.h>
#include <time.h>

// Rows at a time, whose left panels lie in L2 as float32 (147 KB).
enum { WIDENED = 4 * LEFT };
// Exceptions masked, rounding to nearest, denormals zero.
enum { FLUSHING = 0x1f80 | _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON };

/// Two vectors side by side.
typedef struct {
    __m512 low, high;
} tile_row;

/// The floats that begin with these bf16 numbers of each pair.
BF16_INLINE __m512 odd(__m512i pairs) {
    return (__m512)_mm512_and_si512(pairs, _mm512_set1_epi32((int)0xffff0000));
}
BF16_INLINE __m512 even(__m512i pairs) { return (__m512)_mm512_slli_epi32(pairs, 16); }

/// A left panel as floats [pairs, 2, LEFT], the odd numbers of a pair in front of the even ones.
BF16_INLINE void widen(int64_t pairs, const uint32_t *left, float *widened) {
    for (int64_t p = 0; p < pairs; p++, left += LEFT, widened += 2 * LEFT) {
        const __m512i words = _mm512_maskz_loadu_epi32(first(LEFT), left);
        _mm512_mask_storeu_ps(widened, first(LEFT), odd(words));
        _mm512_mask_storeu_ps(widened + LEFT, first(LEFT), even(words));
    }
}

/// Row i of the sums, which begin with `start`, is sums[2 * i] and sums[2 * i + 1]. A function of its own, so that all that it
/// computes has the rounding that its caller sets.
BF16 __attribute__((noinline)) static void sum_fused(int64_t pairs, const float *left, const float *next,
                                                     const uint32_t *right, tile_row start, __m512 sums[2 * LEFT]) {
    __m512 s[2 * LEFT];
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) s[2 * i] = start.low, s[2 * i + 1] = start.high;
#pragma clang loop unroll_count(2)
    for (int64_t p = 0; p < pairs; p++, left += 2 * LEFT, next += 2 * LEFT, right += RIGHT) {
        __builtin_prefetch(next);
        __builtin_prefetch(next + LANES);
        const __m512i low = _mm512_loadu_si512(right), high = _mm512_loadu_si512(right + LANES);
        const __m512 odd_low = odd(low), odd_high = odd(high), even_low = even(low), even_high = even(high);
#pragma clang loop unroll(full)
        for (int i = 0; i < LEFT; i++) {
            const __m512 factor = _mm512_set1_ps(left[i]);
            s[2 * i] = _mm512_fmadd_ps(factor, odd_low, s[2 * i]);
            s[2 * i + 1] = _mm512_fmadd_ps(factor, odd_high, s[2 * i + 1]);
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < LEFT; i++) {
            const __m512 factor = _mm512_set1_ps(left[LEFT + i]);
            s[2 * i] = _mm512_fmadd_ps(factor, even_low, s[2 * i]);
            s[2 * i + 1] = _mm512_fmadd_ps(factor, even_high, s[2 * i + 1]);
        }
    }
    memcpy(sums, s, sizeof s);
}

/// Nanoseconds of so many steps of a tile by one or the other.
BF16 __attribute__((noinline)) static int64_t time_of(int is_fused, int64_t steps) {
    __m512 s[2 * LEFT];
    for (int i = 0; i < 2 * LEFT; i++) s[i] = _mm512_setzero_ps();
    const __m512i one = _mm512_set1_epi32(0x3f803f80);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    if (is_fused) {
        for (int64_t p = 0; p < 2 * steps; p++)
#pragma clang loop unroll(full)
            for (int i = 0; i < 2 * LEFT; i++) s[i] = _mm512_fmadd_ps((__m512)one, (__m512)one, s[i]);
    } else {
        for (int64_t p = 0; p < steps; p++)
#pragma clang loop unroll(full)
            for (int i = 0; i < 2 * LEFT; i++) s[i] = _mm512_dpbf16_ps(s[i], (__m512bh)one, (__m512bh)one);
    }
    // Reading the sums keeps the loops.
    for (int i = 1; i < 2 * LEFT; i++) s[0] = _mm512_add_ps(s[0], s[i]);
    volatile float kept = _mm512_cvtss_f32(s[0]);
    (void)kept;
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
}

/// Whether fused products are faster by a tenth: measured, the least of eight rounds of a few microseconds each, since makers
/// tell no speed; the bits are the same, so a wrong answer costs time alone.
static int32_t measure_fused(void) {
    int64_t pairs = INT64_MAX, fused = INT64_MAX;
    for (int round = 0; round < 8; round++) {
        const int64_t one = time_of(0, 100), other = time_of(1, 100);
        pairs = one < pairs ? one : pairs;
        fused = other < fused ? other : fused;
    }
    return 10 * pairs > 11 * fused;
}
