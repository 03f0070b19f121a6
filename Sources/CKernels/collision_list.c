#include "lanes.h"

// Collisions written out as one list, query by query, and sums over it a line of 16 columns at a time. In long sequences
// rows are far away in memory: of one line of each row the last-level cache holds all, and the list says long before
// which will be wanted.

/// Entries of the list between asking for a row and using it.
enum { AHEAD = 24 };

CLONES void ck_collision_list(int64_t n, int32_t bits, int32_t hashes, const uint16_t *to, const uint32_t *starts,
                              const uint32_t *order, uint32_t *ends, uint32_t *list) {
    const int64_t stride = ((int64_t)1 << bits) + 1;
    uint32_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t bucket = i + 8 < n ? i + 8 : i, content = i + 4 < n ? i + 4 : i;
        for (int32_t hash = 0; hash < hashes; hash++) {
            const uint32_t *buckets = starts + hash * stride, *tokens = order + hash * n;
            const uint16_t *codes = to + hash * n;
            __builtin_prefetch(buckets + codes[bucket]);
            __builtin_prefetch(tokens + buckets[codes[content]]);
            for (uint32_t p = buckets[codes[i]]; p < buckets[codes[i] + 1]; p++) list[found++] = tokens[p];
        }
        ends[i] = found;
    }
    memset(list + found, 0, CK_LIST_PADDING * sizeof *list);
}

_Static_assert(AHEAD <= CK_LIST_PADDING, "the list is read beyond its end");

CLONES void ck_listed_sums(int64_t n, int32_t width, const uint32_t *ends, const uint32_t *list, const float *values,
                           float factor, float *sums) {
    for (int32_t column = 0; column < width; column += 16) {
        uint32_t p = 0;
        for (int64_t i = 0; i < n; i++) {
            lanes sum = 0;
            for (; p < ends[i]; p++) {
                lanes value;
                __builtin_prefetch(values + (int64_t)list[p + AHEAD] * width + column);
                load(values + (int64_t)list[p] * width + column, &value);
                sum += value;
            }
            sum *= factor;
            store(&sum, sums + i * width + column);
        }
    }
}

CLONES void ck_listed_gradients(int64_t n, int32_t width, int32_t bits, int32_t hashes, const uint32_t *ends,
                                const uint32_t *list, const float *q, const float *k, const float *v, const float *g,
                                float *dq, float *dk, float *weights) {
    FAST
    const float factor = 0.5f * (float)bits / (float)hashes;
    for (int32_t column = 0; column < width; column += 16) {
        uint32_t p = 0;
        for (int64_t i = 0; i < n; i++) {
            lanes gradient;
            load(g + i * width + column, &gradient);
            for (; p < ends[i]; p++) {
                lanes value;
                __builtin_prefetch(v + (int64_t)list[p + AHEAD] * width + column);
                load(v + (int64_t)list[p] * width + column, &value);
                value *= gradient;
                float sum = 0;
                for (int lane = 0; lane < 16; lane++) sum += value[lane];
                weights[p] = column == 0 ? sum : weights[p] + sum;
            }
        }
    }
    for (int32_t column = 0; column < width; column += 16) {
        for (int64_t j = 0; j < n; j++) memset(dk + j * width + column, 0, sizeof(lanes));
        uint32_t p = 0;
        for (int64_t i = 0; i < n; i++) {
            lanes query, sum = 0;
            load(q + i * width + column, &query);
            for (; p < ends[i]; p++) {
                const float weight = weights[p] * factor;
                const int64_t here = (int64_t)list[p] * width + column, ahead = (int64_t)list[p + AHEAD] * width + column;
                lanes part;
                __builtin_prefetch(k + ahead);
                __builtin_prefetch(dk + ahead, 1);
                load(k + here, &part);
                sum += weight * part;
                load(dk + here, &part);
                part += weight * query;
                store(&part, dk + here);
            }
            store(&sum, dq + i * width + column);
        }
    }
}
