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

CLONES void ck_sigmoid(ck_matrix x, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++)
        for (int64_t c = 0; c < y.columns; c++)
            y.data[i * y.stride + c] = 1.0f / (1.0f + exp_float(-x.data[i * x.stride + c]));
}

CLONES void ck_sigmoid_gradient(const float *y, ck_matrix d) {
    for (int64_t i = 0; i < d.rows; i++, y += d.columns)
        for (int64_t c = 0; c < d.columns; c++) d.data[i * d.stride + c] *= y[c] * (1.0f - y[c]);
}

CLONES void ck_scale_rows(const float *factors, ck_matrix x, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++)
        for (int64_t c = 0; c < y.columns; c++) y.data[i * y.stride + c] = factors[i] * x.data[i * x.stride + c];
}

#define EPSILON 1e-4f

CLONES void ck_positive_features(int64_t features, float scale, int32_t together, ck_matrix x, float *y) {
    FAST
    float top = -INFINITY;
    for (int64_t i = 0; i < x.rows; i++) {
        const float *from = x.data + i * x.stride;
        float *row = y + i * features, size = 0, best = -INFINITY;
        for (int64_t c = 0; c < x.columns; c++) size += from[c] * from[c];
        for (int64_t f = 0; f < features; f++) {
            row[f] -= 0.5f * scale * scale * size;
            best = row[f] > best ? row[f] : best;
        }
        top = best > top ? best : top;
        if (!together)
            for (int64_t f = 0; f < features; f++) row[f] = exp_float(row[f] - best) + EPSILON;
    }
    if (together)
        for (int64_t i = 0; i < x.rows * features; i++) y[i] = exp_float(y[i] - top) + EPSILON;
}

INLINE float exponent_gradient(int64_t features, const float *y, float *d) {
    FAST
    float sum = 0;
    for (int64_t f = 0; f < features; f++) {
        d[f] *= y[f] - EPSILON;
        sum += d[f];
    }
    return sum;
}

CLONES void ck_positive_features_gradient(int64_t features, float scale, ck_matrix x, const float *y, float *d,
                                          ck_matrix dx) {
    for (int64_t i = 0; i < x.rows; i++) {
        // What flows into -|scale x|² / 2 is the same for all features.
        const float factor = -exponent_gradient(features, y + i * features, d + i * features) * scale * scale;
        for (int64_t c = 0; c < x.columns; c++) dx.data[i * dx.stride + c] = factor * x.data[i * x.stride + c];
    }
}

CLONES void ck_orthogonalize(int64_t rows, int64_t columns, const float *lengths, float *x) {
    UNFUSED
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = i / columns * columns; j < i; j++) {
            float *row = x + i * columns;
            const float *other = x + j * columns;
            const float overlap = dot_product(columns, other, row) / dot_product(columns, other, other);
            for (int64_t c = 0; c < columns; c++) row[c] -= overlap * other[c];
        }
    for (int64_t i = 0; i < rows; i++, x += columns, lengths += columns) {
        const float size = square_root(dot_product(columns, x, x));
        const float factor = square_root(dot_product(columns, lengths, lengths)) / size;
        for (int64_t c = 0; c < columns; c++) x[c] *= factor;
    }
}

CLONES void ck_quotients(ck_matrix sums, float *denominators, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++) {
        const float *row = sums.data + i * sums.stride;
        denominators[i] = row[y.columns];
        // As of `inverse_or_zero`.
        const int is_none = row[y.columns] < 0x1p-126f;
        for (int64_t c = 0; c < y.columns; c++) y.data[i * y.stride + c] = is_none ? 0.0f : row[c] / row[y.columns];
    }
}

CLONES void ck_quotients_gradient(const float *denominators, ck_matrix y, ck_matrix d, float *dsums) {
    for (int64_t i = 0; i < y.rows; i++, dsums += y.columns + 1) {
        const float *row = d.data + i * d.stride, inverse = inverse_or_zero(denominators[i]);
        for (int64_t c = 0; c < y.columns; c++) dsums[c] = row[c] * inverse;
        dsums[y.columns] = -dot_product(y.columns, row, y.data + i * y.stride) * inverse;
    }
}

CLONES void ck_exponentiate_rows(float floor, ck_matrix s, float *factors) {
    for (int64_t i = 0; i < s.rows; i++) {
        float *row = s.data + i * s.stride, top = floor;
        for (int64_t c = 0; c < s.columns; c++) top = row[c] > top ? row[c] : top;
        for (int64_t c = 0; c < s.columns; c++) row[c] = exp_weight(row[c] - top);
        factors[i] = floor == -INFINITY ? 0.0f : exp_float(floor - top);
    }
}
