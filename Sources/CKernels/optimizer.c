#include "kernels.h"

CLONES void ck_adamw(int64_t n, ck_adamw_step step, float decay, const float *gradient, float *value, float *mean,
                     float *square) {
    const float kept = 1.0f - step.rate * decay;
    const float rate = step.rate / step.correction1;
    const float root = 1.0f / square_root(step.correction2);
    for (int64_t i = 0; i < n; i++) {
        float g = gradient[i] * step.clip;
        float m = step.beta1 * mean[i] + (1.0f - step.beta1) * g;
        float v = step.beta2 * square[i] + (1.0f - step.beta2) * g * g;
        mean[i] = m;
        square[i] = v;
        value[i] = value[i] * kept - rate * m / (square_root(v) * root + step.epsilon);
    }
}
