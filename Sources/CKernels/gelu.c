#include "kernels.h"

/// erf to 3e-7, odd rational function of degree 13 over 8 on [-4, 4] (the one of Eigen and XLA).
INLINE float erf_float(float x) {
    FAST
    x = x > 4.0f ? 4.0f : x;
    x = x < -4.0f ? -4.0f : x;
    float s = x * x;
    float p = -2.72614225801306e-10f;
    p = p * s + 2.77068142495902e-08f;
    p = p * s + -2.10102402082508e-06f;
    p = p * s + -5.69250639462346e-05f;
    p = p * s + -7.34990630326855e-04f;
    p = p * s + -2.95459980854025e-03f;
    p = p * s + -1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * s + -2.13374055278905e-04f;
    q = q * s + -1.68282697438203e-03f;
    q = q * s + -7.37332916720468e-03f;
    q = q * s + -1.42647390514189e-02f;
    return x * p / q;
}

INLINE float normal_cdf(float x) { return 0.5f + 0.5f * erf_float(x * 0.70710678118654752f); }

CLONES void ck_gelu(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * normal_cdf(x[i]);
}

CLONES void ck_gelu_gradient(int64_t n, const float *x, float *d) {
    for (int64_t i = 0; i < n; i++) {
        float density = 0.39894228040143268f * exp_float(-0.5f * x[i] * x[i]);
        d[i] *= normal_cdf(x[i]) + x[i] * density;
    }
}

/// σ(2 √(2/π) (x + 0.044715 x³)), which is (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
INLINE float tanh_cdf(float x) {
    FAST
    float u = 1.5957691216057308f * (x + 0.044715f * x * x * x);
    return 1.0f / (1.0f + exp_float(-u));
}

CLONES void ck_gelu_tanh(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * tanh_cdf(x[i]);
}

CLONES void ck_gelu_tanh_gradient(int64_t n, const float *x, float *d) {
    for (int64_t i = 0; i < n; i++) {
        float s = tanh_cdf(x[i]);
        // Beyond 10 the slope of s is 0, and the cube might overflow.
        float c = x[i] > 10.0f ? 10.0f : x[i] < -10.0f ? -10.0f : x[i];
        d[i] *= s + c * s * (1.0f - s) * 1.5957691216057308f * (1.0f + 0.134145f * c * c);
    }
}
