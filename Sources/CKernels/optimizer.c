#include "kernels.h"

// Of parameters that have no gradients any more, such as rows of words that no text has. Even the root of the square counts for nothing
// beside an epsilon of 1e-8.
INLINE float mean_of(float x) { return flushed(x, 0x1p-100f); }
INLINE float square_of(float x) { return flushed(x, 0x1p-120f); }

CLONES void ck_adamw(int64_t n, ck_adamw_step step, float decay, const float *gradient, float *value, float *mean,
                     float *square) {
    const float kept = 1.0f - step.rate * decay;
    const float rate = step.rate / step.correction1;
    const float root = 1.0f / square_root(step.correction2);
    for (int64_t i = 0; i < n; i++) {
        float g = gradient[i] * step.clip;
        float m = mean_of(step.beta1 * mean[i] + (1.0f - step.beta1) * g);
        float v = square_of(step.beta2 * square[i] + (1.0f - step.beta2) * g * g);
        mean[i] = m;
        square[i] = v;
        value[i] = value[i] * kept - rate * m / (square_root(v) * root + step.epsilon);
    }
}

/// AdamW's direction m̂ / (√v̂ + ε) with the decay in it.
INLINE float lamb_direction(ck_adamw_step step, float decay, float value, float mean, float square) {
    return mean / step.correction1 / (square_root(square / step.correction2) + step.epsilon) + decay * value;
}

CLONES double ck_lamb_moments(int64_t n, ck_adamw_step step, float decay, const float *gradient, const float *value,
                              float *mean, float *square) {
    FAST
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        float g = gradient[i] * step.clip;
        mean[i] = mean_of(step.beta1 * mean[i] + (1.0f - step.beta1) * g);
        square[i] = square_of(step.beta2 * square[i] + (1.0f - step.beta2) * g * g);
        float direction = lamb_direction(step, decay, value[i], mean[i], square[i]);
        sum += (double)direction * (double)direction;
    }
    return sum;
}

CLONES void ck_lamb(int64_t n, ck_adamw_step step, float decay, float *value, const float *mean, const float *square) {
    for (int64_t i = 0; i < n; i++) value[i] -= step.rate * lamb_direction(step, decay, value[i], mean[i], square[i]);
}
