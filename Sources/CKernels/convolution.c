#include "kernels.h"

CLONES void ck_convolve(int64_t window, const float *kernel, int32_t reversed, ck_matrix x, ck_matrix y) {
    const int64_t half = window / 2;
    for (int64_t i = 0; i < x.rows; i++)
        for (int64_t t = 0; t < window; t++) {
            const int64_t j = i + t - half;
            if (j < 0 || j >= x.rows) continue;
            const float factor = kernel[reversed ? window - 1 - t : t];
            const float *from = x.data + j * x.stride;
            float *to = y.data + i * y.stride;
            for (int64_t c = 0; c < x.columns; c++) to[c] += factor * from[c];
        }
}

CLONES void ck_convolve_gradient(int64_t window, ck_matrix x, ck_matrix dy, float *dkernel) {
    const int64_t half = window / 2;
    for (int64_t i = 0; i < x.rows; i++)
        for (int64_t t = 0; t < window; t++) {
            const int64_t j = i + t - half;
            if (j >= 0 && j < x.rows)
                dkernel[t] += dot_product(x.columns, dy.data + i * dy.stride, x.data + j * x.stride);
        }
}
