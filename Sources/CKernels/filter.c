#include "kernels.h"

CLONES void ck_filter(ck_graph_filter filter, float *y) {
    UNFUSED
    const float slope = filter.order - 1.0f;
    for (int64_t i = 0; i < filter.rows; i++)
        for (int64_t c = 0; c < filter.columns; c++) {
            const int64_t at = i * filter.columns + c;
            const float filtered = filter.once[at] + slope * (filter.twice[at] - filter.once[at]);
            y[at] += filter.weights[c / filter.head_columns] * filtered;
        }
}

CLONES void ck_filter_gradient(ck_graph_filter filter, float *d, float *dtwice, float *dweights) {
    UNFUSED
    const float slope = filter.order - 1.0f;
    for (int64_t i = 0; i < filter.rows; i++)
        for (int64_t c = 0; c < filter.columns; c++) {
            const int64_t at = i * filter.columns + c, head = c / filter.head_columns;
            const float weight = filter.weights[head], dy = d[at];
            dweights[head] += dy * (filter.once[at] + slope * (filter.twice[at] - filter.once[at]));
            d[at] = (1.0f + weight * (2.0f - filter.order)) * dy;
            dtwice[at] = weight * slope * dy;
        }
}
