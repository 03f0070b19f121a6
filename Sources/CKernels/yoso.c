#include "yoso.h"

/// base^exponent for 0 <= exponent <= 16; the exponent is the same for all lanes, so the tests are hoisted.
INLINE float power(float base, int32_t exponent) {
    float result = exponent & 1 ? base : 1.0f;
    float square = base * base;
    if (exponent & 2) result *= square;
    square *= square;
    if (exponent & 4) result *= square;
    square *= square;
    if (exponent & 8) result *= square;
    square *= square;
    if (exponent & 16) result *= square;
    return result;
}

CLONES void ck_yoso_expectation(int64_t n, int32_t bits, float *x) {
    for (int64_t i = 0; i < n; i++) x[i] = power(1.0f - arccos(clamp_cosine(x[i])) * (1.0f / PI), bits);
}

CLONES void ck_yoso_expectation_gradient(int64_t n, int32_t bits, int32_t exact, float *x, float *d) {
    if (!exact) {
        const float half = 0.5f * (float)bits;
        for (int64_t i = 0; i < n; i++) {
            float e = power(1.0f - arccos(clamp_cosine(x[i])) * (1.0f / PI), bits);
            d[i] *= half * e;
            x[i] = e;
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        float dot = clamp_cosine(x[i]);
        float closeness = 1.0f - arccos(dot) * (1.0f / PI);
        float e = power(closeness, bits - 1);
        d[i] *= (float)bits * e / (PI * square_root(1.0f - dot * dot));
        x[i] = e * closeness;
    }
}
