#include "kernels.h"

void ck_gather(int64_t rows, int64_t columns, const int32_t *ids, const float *table, float *y) {
    for (int64_t i = 0; i < rows; i++)
        memcpy(y + i * columns, table + (int64_t)ids[i] * columns, (size_t)columns * sizeof(float));
}

CLONES void ck_gather_add(int64_t rows, int64_t columns, const int32_t *ids, const float *table, float *y) {
    for (int64_t i = 0; i < rows; i++) {
        const float *from = table + (int64_t)ids[i] * columns;
        for (int64_t j = 0; j < columns; j++) y[i * columns + j] += from[j];
    }
}

CLONES void ck_scatter_add(const int32_t *ids, ck_matrix d, ck_matrix table) {
    for (int64_t i = 0; i < d.rows; i++) {
        const float *from = d.data + i * d.stride;
        float *to = table.data + (int64_t)ids[i] * table.stride;
        for (int64_t j = 0; j < d.columns; j++) to[j] += from[j];
    }
}

CLONES void ck_pair_features(int64_t pairs, int64_t width, const float *x, float *y) {
    UNFUSED
    for (int64_t i = 0; i < pairs; i++) {
        const float *a = x + 2 * i * width, *b = a + width;
        float *to = y + 4 * i * width;
        for (int64_t j = 0; j < width; j++) {
            to[j] = a[j];
            to[width + j] = b[j];
            to[2 * width + j] = a[j] * b[j];
            to[3 * width + j] = a[j] - b[j];
        }
    }
}

CLONES void ck_pair_features_gradient(
    int64_t pairs, int64_t width, const float *x, const float *dy, float *dx
) {
    UNFUSED
    for (int64_t i = 0; i < pairs; i++) {
        const float *a = x + 2 * i * width, *b = a + width, *d = dy + 4 * i * width;
        float *da = dx + 2 * i * width, *db = da + width;
        for (int64_t j = 0; j < width; j++) {
            da[j] = d[j] + d[2 * width + j] * b[j] + d[3 * width + j];
            db[j] = d[width + j] + d[2 * width + j] * a[j] - d[3 * width + j];
        }
    }
}
