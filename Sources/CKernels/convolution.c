#include "kernels.h"

CLONES void ck_convolve(int64_t n, int64_t columns, int64_t window, const float *kernel, int32_t reversed,
                        const float *x, int64_t x_stride, float *y, int64_t y_stride) {
    const int64_t half = window / 2;
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = 0; t < window; t++) {
            const int64_t j = i + t - half;
            if (j < 0 || j >= n) continue;
            const float factor = kernel[reversed ? window - 1 - t : t];
            for (int64_t c = 0; c < columns; c++) y[i * y_stride + c] += factor * x[j * x_stride + c];
        }
}

CLONES void ck_convolve_gradient(int64_t n, int64_t columns, int64_t window, const float *x, int64_t x_stride,
                                 const float *dy, int64_t dy_stride, float *dkernel) {
    FAST
    const int64_t half = window / 2;
    for (int64_t i = 0; i < n; i++)
        for (int64_t t = 0; t < window; t++) {
            const int64_t j = i + t - half;
            if (j < 0 || j >= n) continue;
            float sum = 0;
            for (int64_t c = 0; c < columns; c++) sum += dy[i * dy_stride + c] * x[j * x_stride + c];
            dkernel[t] += sum;
        }
}
