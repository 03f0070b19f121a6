#include "lanes.h"

/// max of x, sixteen lanes at a time: the compiler keeps a plain maximum scalar because of NaN.
INLINE float largest(int64_t n, const float *x) {
    float best = x[0];
    int64_t i = 0;
    if (n >= 16) {
        lanes top, next;
        load(x, &top);
        for (i = 16; i + 16 <= n; i += 16) {
            load(x + i, &next);
            top = __builtin_elementwise_max(top, next);
        }
        best = __builtin_reduce_max(top);
    }
    for (; i < n; i++) best = x[i] > best ? x[i] : best;
    return best;
}

CLONES void ck_softmax(int64_t rows, int64_t columns, float factor, float *s, float *log_sum) {
    FAST
    for (int64_t i = 0; i < rows; i++) {
        float *row = s + i * columns;
        float top = factor * largest(columns, row), sum = 0;
        for (int64_t j = 0; j < columns; j++) {
            float value = exp_weight(factor * row[j] - top);
            row[j] = value;
            sum += value;
        }
        float inverse = 1.0f / sum;
        for (int64_t j = 0; j < columns; j++) row[j] *= inverse;
        log_sum[i] = top + logf(sum);
    }
}

int64_t ck_sample(int64_t n, const float *p, float uniform) {
    float sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += p[i];
        if (sum > uniform) return i;
    }
    return n - 1;
}

CLONES void ck_softmax_again(int64_t rows, int64_t columns, float factor, const float *log_sum, float *s) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            s[i * columns + j] = exp_weight(factor * s[i * columns + j] - log_sum[i]);
}

CLONES void ck_softmax_gradient(int64_t rows, int64_t columns, float factor, const float *p, const float *delta,
                                float *dp) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            dp[i * columns + j] = factor * p[i * columns + j] * (dp[i * columns + j] - delta[i]);
}

void ck_hide_beyond_window(int64_t first, int64_t first_key, int64_t window, ck_matrix scores) {
    const float unseen = -1e30f;
    for (int64_t i = 0; i < scores.rows; i++) {
        float *row = scores.data + i * scores.stride;
        const int64_t query = first + i;
        if (first_key == 0) row[0] = unseen;
        if (query == 0) continue;
        for (int64_t key = first_key > 0 ? first_key : 1; key < first_key + scores.columns - 1; key++)
            if (key < query - window || key > query + window) row[1 + key - first_key] = unseen;
    }
}

CLONES double ck_binary_cross_entropy(int64_t n, float weight, const float *target, float *logits) {
    FAST
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        float x = logits[i], e = exp_float(-fabsf(x));
        sum += (x > 0 ? x : 0) - x * target[i] + log1pf(e);
        logits[i] = weight * ((x > 0 ? 1 : e) / (1 + e) - target[i]);
    }
    return sum;
}

INLINE float cross_entropy(int64_t n, int32_t label, float weight, float *logits, int32_t *best) {
    FAST
    float top = largest(n, logits), chosen = logits[label], sum = 0;
    int32_t index = 0;
    while (index < n - 1 && logits[index] != top) index++;
    *best = index;
    for (int64_t j = 0; j < n; j++) {
        float value = exp_float(logits[j] - top);
        logits[j] = value;
        sum += value;
    }
    float share = weight / sum;
    for (int64_t j = 0; j < n; j++) logits[j] *= share;
    logits[label] -= weight;
    // The difference first: large logits would round the logarithm away.
    return (top - chosen) + logf(sum);
}

CLONES double ck_cross_entropy(int64_t rows, int64_t columns, const int32_t *labels, float weight, float *logits,
                               int64_t *correct) {
    double sum = 0;
    for (int64_t i = 0; i < rows; i++) {
        int32_t best;
        sum += (double)cross_entropy(columns, labels[i], weight, logits + i * columns, &best);
        *correct += best == labels[i];
    }
    return sum;
}

double ck_smooth_labels(int64_t rows, int64_t columns, const int32_t *labels, float weight, float epsilon,
                        const float *x, float *d) {
    UNFUSED
    const float share = epsilon / (float)columns, moved = weight * share;
    double sum = 0;
    for (int64_t i = 0; i < rows; i++, x += columns, d += columns) {
        float mean = 0;
        for (int64_t j = 0; j < columns; j++) {
            mean += x[j] / (float)columns;
            d[j] -= moved;
        }
        d[labels[i]] += weight * epsilon;
        sum += (double)(epsilon * (x[labels[i]] - mean));
    }
    return sum;
}
