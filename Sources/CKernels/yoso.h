// What the kernels of YOSO share: arccos within the limits that keep it finite.
#ifndef YOSO_H
#define YOSO_H

#include "kernels.h"

#define LIMIT (1.0f - 1e-6f)
#define PI 3.14159265358979324f

INLINE float clamp_cosine(float x) {
    x = x > LIMIT ? LIMIT : x;
    return x < -LIMIT ? -LIMIT : x;
}

/// p = arccos(a) / √(1 - a), to 7e-8 / √(1 - a) on [0, 1] (Abramowitz & Stegun 4.4.46).
#define ARCCOS_POLYNOMIAL(p, a)      \
    p = -0.0012624911f;              \
    p = p * a + 0.0066700901f;       \
    p = p * a + -0.0170881256f;      \
    p = p * a + 0.0308918810f;       \
    p = p * a + -0.0501743046f;      \
    p = p * a + 0.0889789874f;       \
    p = p * a + -0.2145988016f;      \
    p = p * a + 1.5707963050f;

/// arccos to 7e-8 on [-1, 1].
INLINE float arccos(float x) {
    FAST
    float a = fabsf(x);
    float p;
    ARCCOS_POLYNOMIAL(p, a)
    p *= square_root(1.0f - a);
    return x < 0 ? PI - p : p;
}

/// The derivative of the collision probability E = (1 - arccos(x) / π)^τ divided by E: the lower bound τ/2, or exactly
/// τ / ((π - arccos x) √(1-x²)).
INLINE float relative_slope(int32_t bits, int32_t exact, float x) {
    if (!exact) return 0.5f * (float)bits;
    const float cosine = clamp_cosine(x);
    return (float)bits / ((PI - arccos(cosine)) * square_root(1.0f - cosine * cosine));
}

#endif
