#include "kernels.h"

CLONES void ck_add(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] += x[i];
}

CLONES void ck_multiply(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] *= x[i];
}

CLONES void ck_scale(int64_t n, float factor, float *x) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

void ck_fill_rows(const float *row, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++) memcpy(y.data + i * y.stride, row, (size_t)y.columns * sizeof(float));
}

void ck_copy_rows(ck_matrix x, ck_matrix y) {
    for (int64_t i = 0; i < x.rows; i++)
        memcpy(y.data + i * y.stride, x.data + i * x.stride, (size_t)x.columns * sizeof(float));
}

void ck_transpose(ck_matrix x, ck_matrix y) {
    for (int64_t i = 0; i < x.rows; i++)
        for (int64_t j = 0; j < x.columns; j++) y.data[j * y.stride + i] = x.data[i * x.stride + j];
}

void ck_fill(float value, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++)
        for (int64_t j = 0; j < y.columns; j++) y.data[i * y.stride + j] = value;
}

void ck_add_value(float value, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++)
        for (int64_t j = 0; j < y.columns; j++) y.data[i * y.stride + j] += value;
}

CLONES void ck_add_column_sums(ck_matrix x, float *sums) {
    for (int64_t i = 0; i < x.rows; i++)
        for (int64_t j = 0; j < x.columns; j++) sums[j] += x.data[i * x.stride + j];
}

CLONES double ck_sum_of_squares(int64_t n, const float *x) {
    FAST
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sum;
}

CLONES void ck_row_products(ck_matrix x, ck_matrix y, float *products) {
    for (int64_t i = 0; i < x.rows; i++)
        products[i] = dot_product(x.columns, x.data + i * x.stride, y.data + i * y.stride);
}

// tanh serves the pooler alone, one row a sequence: libm's is fast enough.
void ck_tanh(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] = tanhf(x[i]);
}

CLONES void ck_tanh_gradient(int64_t n, const float *y, float *d) {
    for (int64_t i = 0; i < n; i++) d[i] *= 1 - y[i] * y[i];
}
