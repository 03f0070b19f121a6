#include "kernels.h"

CLONES void ck_elu_plus_one(int64_t n, float *x) {
    for (int64_t i = 0; i < n; i++) {
        const float power = exp_float(x[i]);
        x[i] = x[i] > 0 ? x[i] + 1.0f : power;
    }
}

CLONES void ck_elu_plus_one_gradient(int64_t n, const float *y, float *d) {
    // Below zero the function is its own derivative.
    for (int64_t i = 0; i < n; i++) d[i] *= y[i] < 1.0f ? y[i] : 1.0f;
}

#define EPSILON 1e-4f

CLONES void ck_positive_features(int64_t rows, int64_t features, int64_t width, float scale, int32_t together,
                                 const float *x, int64_t x_stride, float *y) {
    FAST
    float top = -INFINITY;
    for (int64_t i = 0; i < rows; i++) {
        float *row = y + i * features, size = 0, best = -INFINITY;
        for (int64_t c = 0; c < width; c++) size += x[i * x_stride + c] * x[i * x_stride + c];
        for (int64_t f = 0; f < features; f++) {
            row[f] -= 0.5f * scale * scale * size;
            best = row[f] > best ? row[f] : best;
        }
        top = best > top ? best : top;
        if (!together)
            for (int64_t f = 0; f < features; f++) row[f] = exp_float(row[f] - best) + EPSILON;
    }
    if (together)
        for (int64_t i = 0; i < rows * features; i++) y[i] = exp_float(y[i] - top) + EPSILON;
}

CLONES float ck_positive_features_gradient(int64_t features, const float *y, float *d) {
    FAST
    float sum = 0;
    for (int64_t f = 0; f < features; f++) {
        d[f] *= y[f] - EPSILON;
        sum += d[f];
    }
    return sum;
}
