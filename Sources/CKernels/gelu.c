#include "kernels.h"

/// Φ(x), and e^(-x²/2): Φ(-t) e^(t²/2) of t = |x| is a rational function, a minimax fit by which t Φ(-t) is off by 1e-8. Below zero
/// it is as exact as it is small, where (1 + erf) / 2 has the error of 1: x times that was most of an encoder's error.
INLINE float normal_cdf(float x, float *density) {
    FAST
    const float t = __builtin_elementwise_abs(x);
    *density = exp_float(-0.5f * t * t);
    float p = 0.014042500406503677f;
    p = p * t + 0.10647992044687271f;
    p = p * t + 0.33873045444488525f;
    p = p * t + 0.49999988079071045f;
    float q = 0.03521307185292244f;
    q = q * t + 0.2664638161659241f;
    q = q * t + 0.8901567459106445f;
    q = q * t + 1.4753389358520508f;
    q = q * t + 1.0f;
    const float below = t < 12.0f ? *density * p / q : 0.0f;
    return x > 0 ? 1.0f - below : below;
}

CLONES void ck_gelu(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) {
        float density;
        y[i] = x[i] * normal_cdf(x[i], &density);
    }
}

CLONES void ck_gelu_gradient(int64_t n, const float *x, float *d) {
    FAST
    for (int64_t i = 0; i < n; i++) {
        float density, cdf = normal_cdf(x[i], &density);
        d[i] *= cdf + 0.39894228040143268f * x[i] * density;
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
