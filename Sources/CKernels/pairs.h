// What pairs of a query and a key weigh, by their cosines, sixteen at a time.
#ifndef PAIRS_H
#define PAIRS_H

#include "lanes.h"
#include "yoso.h"

// Vectors pass by pointers: by value they would have another ABI without AVX-512.

/// result = base^exponent by squaring; the exponent is the same for all lanes.
INLINE void power(const lanes *base, int32_t exponent, lanes *result) {
    lanes square = *base;
    *result = exponent & 1 ? square : (lanes)1.0f;
    for (exponent >>= 1; exponent; exponent >>= 1) {
        square *= square;
        if (exponent & 1) *result *= square;
    }
}

/// x is clamped to where arccos is finite, and s = 1 - arccos(x) / π, the probability that one bit of two codes agrees.
INLINE void closeness(lanes *x, lanes *s) {
    FAST
    *x = *x > LIMIT ? (lanes)LIMIT : *x;
    *x = *x < -LIMIT ? (lanes)-LIMIT : *x;
    const lanes a = __builtin_elementwise_abs(*x);
    lanes p;
    ARCCOS_POLYNOMIAL(p, a)
    p *= square_root(1.0f - a);
    p = *x < 0 ? PI - p : p;
    *s = 1.0f - p * (1.0f / PI);
}

/// factor = s^t / P of a selected pair, of agreement = s^t: with q = d s^t, that one hash selects it, P = 1 - (1 - q)^m.
/// Where m q is small the difference would lose digits, and P / q is a short series.
INLINE void over_probability(ck_pair_law law, const lanes *agreement, lanes *factor) {
    FAST
    const float m = (float)law.hashes;
    const lanes q = law.drawn * *agreement, missed = 1.0f - q, one = 1.0f / law.drawn;
    const lanes series =
        m * (1.0f - (m - 1) / 2 * q * (1.0f - (m - 2) / 3 * q * (1.0f - (m - 3) / 4 * q)));
    lanes all;
    power(&missed, law.hashes, &all);
    *factor = (m * q < 0.2f ? one : *agreement) / (m * q < 0.2f ? series : 1.0f - all);
}

/// W = E / P of selected pairs, E = s^T.
INLINE void weigh(ck_pair_law law, const lanes *s, lanes *weight) {
    power(s, law.kernel_bits - law.hash_bits, weight);
    if (!law.hashes) return;
    lanes agreement, factor;
    power(s, law.hash_bits, &agreement);
    over_probability(law, &agreement, &factor);
    *weight *= factor;
}

/// d *= W (dE/dx) / E, the lower bound T / 2 or exactly T / (π s √(1-x²)), x clamped.
INLINE void apply_slope(ck_pair_law law, const lanes *x, const lanes *s, const lanes *weight, lanes *d) {
    if (law.exact)
        *d *= (float)law.kernel_bits / (PI * *s * square_root(1.0f - *x * *x)) * *weight;
    else
        *d *= 0.5f * (float)law.kernel_bits * *weight;
}

/// d = (d - delta) W (dE/dx) / E of n cosines x, which become W; of both there is room for a multiple of sixteen.
INLINE void weigh_gradients(int64_t n, ck_pair_law law, float delta, float *x, float *d) {
    for (int64_t j = 0; j < n; j += 16) {
        lanes cosine, slope, s, weight;
        load(x + j, &cosine);
        load(d + j, &slope);
        closeness(&cosine, &s);
        weigh(law, &s, &weight);
        slope -= delta;
        apply_slope(law, &cosine, &s, &weight, &slope);
        store(&weight, x + j);
        store(&slope, d + j);
    }
}

#endif
