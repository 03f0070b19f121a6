#include "kernels.h"

CLONES void ck_add(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

CLONES void ck_scale(int64_t n, float factor, float *x) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

void ck_fill_rows(int64_t rows, int64_t columns, const float *row, float *y) {
    for (int64_t i = 0; i < rows; i++) memcpy(y + i * columns, row, (size_t)columns * sizeof(float));
}

void ck_copy_rows(int64_t rows, int64_t columns, const float *x, int64_t x_stride, float *y, int64_t y_stride) {
    for (int64_t i = 0; i < rows; i++) memcpy(y + i * y_stride, x + i * x_stride, (size_t)columns * sizeof(float));
}

CLONES void ck_add_column_sums(int64_t rows, int64_t columns, const float *x, float *sums) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) sums[j] += x[i * columns + j];
}

CLONES double ck_sum_of_squares(int64_t n, const float *x) {
    FAST
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

CLONES float ck_dot(int64_t n, const float *x, const float *y) {
    FAST
    float sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

// tanh serves the pooler alone, one row a sequence: libm's is fast enough.
void ck_tanh(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] = tanhf(x[i]);
}

CLONES void ck_tanh_gradient(int64_t n, const float *y, float *d) {
    for (int64_t i = 0; i < n; i++) d[i] *= 1 - y[i] * y[i];
}
