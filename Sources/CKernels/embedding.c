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

CLONES void ck_scatter_add(int64_t rows, int64_t columns, const int32_t *ids, const float *d, float *table) {
    for (int64_t i = 0; i < rows; i++) {
        float *to = table + (int64_t)ids[i] * columns;
        for (int64_t j = 0; j < columns; j++) to[j] += d[i * columns + j];
    }
}
