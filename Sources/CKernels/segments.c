#include "kernels.h"

CLONES void ck_segment_sums(int64_t count, const int64_t *bounds, int32_t means, ck_matrix x, float *y) {
    UNFUSED
    for (int64_t s = 0; s < count; s++, y += x.columns) {
        const float factor = means ? 1.0f / (float)(bounds[s + 1] - bounds[s]) : 1.0f;
        memset(y, 0, (size_t)x.columns * sizeof *y);
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++)
            for (int64_t c = 0; c < x.columns; c++) y[c] += factor * x.data[i * x.stride + c];
    }
}

CLONES void ck_segment_sums_gradient(int64_t count, const int64_t *bounds, int32_t means, const float *dy,
                                     ck_matrix dx) {
    UNFUSED
    for (int64_t s = 0; s < count; s++, dy += dx.columns) {
        const float factor = means ? 1.0f / (float)(bounds[s + 1] - bounds[s]) : 1.0f;
        for (int64_t i = bounds[s]; i < bounds[s + 1]; i++)
            for (int64_t c = 0; c < dx.columns; c++) dx.data[i * dx.stride + c] += factor * dy[c];
    }
}
