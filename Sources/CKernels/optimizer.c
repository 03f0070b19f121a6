#include "kernels.h"

// Of parameters that have no gradients any more, such as rows of words that no text has. Even the root of the square counts for nothing
// beside an epsilon of 1e-8.
INLINE float mean_of(float x) { return flushed(x, 0x1p-100f); }
INLINE float square_of(float x) { return flushed(x, 0x1p-120f); }

typedef struct {
    float beta1, beta2, epsilon, clip;
    float kept, rate, root;
} adamw_factors;

INLINE adamw_factors factors_of(ck_adamw_step step, float decay) {
    return (adamw_factors){.beta1 = step.beta1,
                           .beta2 = step.beta2,
                           .epsilon = step.epsilon,
                           .clip = step.clip,
                           .kept = 1.0f - step.rate * decay,
                           .rate = step.rate / step.correction1,
                           .root = 1.0f / square_root(step.correction2)};
}

INLINE void adamw(adamw_factors by, float gradient, float *value, float *mean, float *square) {
    float g = gradient * by.clip;
    float m = mean_of(by.beta1 * *mean + (1.0f - by.beta1) * g);
    float v = square_of(by.beta2 * *square + (1.0f - by.beta2) * g * g);
    *mean = m;
    *square = v;
    *value = *value * by.kept - by.rate * m / (square_root(v) * by.root + by.epsilon);
}

CLONES void ck_adamw(int64_t n, ck_adamw_step step, float decay, const float *gradient, float *value, float *mean,
                     float *square) {
    const adamw_factors by = factors_of(step, decay);
    for (int64_t i = 0; i < n; i++) adamw(by, gradient[i], &value[i], &mean[i], &square[i]);
}

enum {
    LATE = 64,          // numbers that lie in registers and the nearest cache meanwhile
    LATE_STEPS = 16,    // after which it is looked whether the means have come to zero
};

/// Once the means are zero, values only decay: there is nothing to divide.
INLINE void adamw_late(int64_t n, int64_t count, const ck_adamw_step *steps, float decay, float *value, float *mean,
                       float *square) {
    float w[LATE], m[LATE], v[LATE];
    for (int64_t i = 0; i < n; i++) w[i] = value[i], m[i] = mean[i], v[i] = square[i];
    int has_means = 1;
    for (int64_t s = 0; s < count; s++) {
        const adamw_factors by = factors_of(steps[s], decay);
        if (has_means && s % LATE_STEPS == 0) {
            has_means = 0;
            for (int64_t i = 0; i < n; i++) has_means |= m[i] != 0;
        }
        if (has_means) {
            for (int64_t i = 0; i < n; i++) adamw(by, 0, &w[i], &m[i], &v[i]);
        } else {
            for (int64_t i = 0; i < n; i++) w[i] *= by.kept, v[i] = square_of(by.beta2 * v[i]);
        }
    }
    for (int64_t i = 0; i < n; i++) value[i] = w[i], mean[i] = m[i], square[i] = v[i];
}

CLONES void ck_adamw_late(int64_t n, int64_t count, const ck_adamw_step *steps, float decay, float *value, float *mean,
                          float *square) {
    int64_t i = 0;
    for (; i + LATE <= n; i += LATE) adamw_late(LATE, count, steps, decay, value + i, mean + i, square + i);
    if (i < n) adamw_late(n - i, count, steps, decay, value + i, mean + i, square + i);
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
