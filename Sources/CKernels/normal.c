#include "kernels.h"

/// ln x for positive normal x, to 1e-7 relative to 1 (Cephes' logf).
INLINE float logarithm(float x) {
    FAST
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    // The mantissa in [√½, √2).
    int32_t shifted = bits - 0x3f3504f3;
    float exponent = (float)(shifted >> 23);
    bits = (shifted & 0x007fffff) + 0x3f3504f3;
    float m;
    memcpy(&m, &bits, sizeof m);
    m -= 1.0f;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    return p * m * m * m - 0.5f * m * m + m + 0.69314718056f * exponent;
}

/// cos(2π u) for u in [0, 1), to 3e-7.
INLINE float cosine_of_turns(float u) {
    FAST
    // cos(2π u) = sin(2π (¼ - u)), and cos(2π u) = cos(2π (1 - u)): the sine of at most a quarter turn.
    float v = u < 0.5f ? u : 1.0f - u;
    float angle = 6.28318530718f * (0.25f - v);
    float s = angle * angle;
    float p = -2.5052108385e-8f;
    p = p * s + 2.7557319224e-6f;
    p = p * s - 1.9841269841e-4f;
    p = p * s + 8.3333333333e-3f;
    p = p * s - 1.6666666667e-1f;
    return p * s * angle + angle;
}

CLONES void ck_normals(int64_t n, uint64_t key, float *x) {
    for (int64_t i = 0; i < n; i++) {
        float u = ((float)(random_word(key, (uint32_t)(2 * i)) >> 8) + 0.5f) * 0x1p-24f;
        float v = (float)(random_word(key, (uint32_t)(2 * i + 1)) >> 8) * 0x1p-24f;
        x[i] = square_root(-2.0f * logarithm(u)) * cosine_of_turns(v);
    }
}

void ck_exact_normals(int64_t first, int64_t n, uint64_t key, float deviation, float *x) {
    UNFUSED
    for (int64_t i = 0; i < n; i++) {
        const uint32_t counter = (uint32_t)(2 * (first + i));
        const double u = ((double)random_word(key, counter) + 0.5) / 4294967296.0;
        const double v = ((double)random_word(key, counter + 1) + 0.5) / 4294967296.0;
        x[i] = (float)(sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v)) * deviation;
    }
}

void ck_rotate_pairs(int64_t pairs, const float *cosines, const float *sines, ck_matrix x) {
    UNFUSED
    for (int64_t i = 0; i < x.rows; i++)
        for (int64_t p = 0; p < pairs; p++) {
            float *at = x.data + i * x.stride + 2 * p;
            const float first = cosines[p] * at[0] - sines[p] * at[1];
            at[1] = sines[p] * at[0] + cosines[p] * at[1];
            at[0] = first;
        }
}
