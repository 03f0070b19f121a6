#include "kernels.h"

#define LIMIT (1.0f - 1e-6f)
#define PI 3.14159265358979324f

INLINE float clamp(float x) {
    x = x > LIMIT ? LIMIT : x;
    return x < -LIMIT ? -LIMIT : x;
}

/// arccos to 7e-8 on [-1, 1] (Abramowitz & Stegun 4.4.46).
INLINE float arccos(float x) {
    FAST
    float a = fabsf(x);
    float p = -0.0012624911f;
    p = p * a + 0.0066700901f;
    p = p * a + -0.0170881256f;
    p = p * a + 0.0308918810f;
    p = p * a + -0.0501743046f;
    p = p * a + 0.0889789874f;
    p = p * a + -0.2145988016f;
    p = p * a + 1.5707963050f;
    p *= square_root(1.0f - a);
    return x < 0 ? PI - p : p;
}

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
    for (int64_t i = 0; i < n; i++) x[i] = power(1.0f - arccos(clamp(x[i])) * (1.0f / PI), bits);
}

CLONES void ck_yoso_expectation_gradient(int64_t n, int32_t bits, int32_t exact, float *x, float *d) {
    if (!exact) {
        const float half = 0.5f * (float)bits;
        for (int64_t i = 0; i < n; i++) {
            float e = power(1.0f - arccos(clamp(x[i])) * (1.0f / PI), bits);
            d[i] *= half * e;
            x[i] = e;
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        float dot = clamp(x[i]);
        float closeness = 1.0f - arccos(dot) * (1.0f / PI);
        float e = power(closeness, bits - 1);
        d[i] *= (float)bits * e / (PI * square_root(1.0f - dot * dot));
        x[i] = e * closeness;
    }
}
