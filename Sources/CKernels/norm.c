#include "kernels.h"

CLONES void ck_layer_norm(int64_t rows, int64_t columns, float epsilon, const float *scale, const float *shift, float *x,
                          float *y, float *inverse_deviation) {
    FAST
    for (int64_t i = 0; i < rows; i++) {
        float *row = x + i * columns, *out = y + i * columns;
        float sum = 0, squares = 0;
        for (int64_t j = 0; j < columns; j++) sum += row[j];
        float mean = sum / (float)columns;
        for (int64_t j = 0; j < columns; j++) squares += (row[j] - mean) * (row[j] - mean);
        float inverse = 1.0f / square_root(squares / (float)columns + epsilon);
        inverse_deviation[i] = inverse;
        for (int64_t j = 0; j < columns; j++) {
            float value = (row[j] - mean) * inverse;
            row[j] = value;
            out[j] = value * scale[j] + shift[j];
        }
    }
}

CLONES void ck_layer_norm_gradient(int64_t rows, int64_t columns, const float *normalized,
                                   const float *inverse_deviation, const float *scale, float *d, float *dscale,
                                   float *dshift) {
    FAST
    for (int64_t i = 0; i < rows; i++) {
        const float *unit = normalized + i * columns;
        float *row = d + i * columns;
        float sum = 0, projection = 0;
        for (int64_t j = 0; j < columns; j++) {
            float dy = row[j];
            dshift[j] += dy;
            dscale[j] += dy * unit[j];
            float dunit = dy * scale[j];
            sum += dunit;
            projection += dunit * unit[j];
            row[j] = dunit;
        }
        sum /= (float)columns;
        projection /= (float)columns;
        float inverse = inverse_deviation[i];
        for (int64_t j = 0; j < columns; j++) row[j] = inverse * (row[j] - sum - unit[j] * projection);
    }
}

CLONES void ck_layer_norm_parameters_gradient(ck_matrix normalized, ck_matrix d, float *dscale, float *dshift) {
    FAST
    for (int64_t i = 0; i < d.rows; i++) {
        const float *unit = normalized.data + i * normalized.stride, *row = d.data + i * d.stride;
        for (int64_t j = 0; j < d.columns; j++) {
            dshift[j] += row[j];
            dscale[j] += row[j] * unit[j];
        }
    }
}

CLONES void ck_l2_normalize(float epsilon, ck_matrix x, ck_matrix y, float *norms) {
    FAST
    for (int64_t i = 0; i < x.rows; i++) {
        const float *row = x.data + i * x.stride;
        float *out = y.data + i * y.stride;
        float squares = 0;
        for (int64_t j = 0; j < x.columns; j++) squares += row[j] * row[j];
        float norm = square_root(squares);
        norms[i] = norm;
        float inverse = 1.0f / (norm > epsilon ? norm : epsilon);
        for (int64_t j = 0; j < x.columns; j++) out[j] = row[j] * inverse;
    }
}

CLONES void ck_l2_normalize_gradient(float epsilon, ck_matrix y, const float *norms, ck_matrix d, ck_matrix dx) {
    FAST
    for (int64_t i = 0; i < y.rows; i++) {
        const float *unit = y.data + i * y.stride, *row = d.data + i * d.stride;
        float *out = dx.data + i * dx.stride;
        float projection = 0;
        for (int64_t j = 0; j < y.columns; j++) projection += row[j] * unit[j];
        float inverse = norms[i] < epsilon ? 0.0f : 1.0f / norms[i];
        for (int64_t j = 0; j < y.columns; j++) out[j] = (row[j] - projection * unit[j]) * inverse;
    }
}
