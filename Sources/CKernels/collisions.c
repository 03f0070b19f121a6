#include "lanes.h"
#include "yoso.h"

// Tokens sorted by code, hash by hash, so that a token finds those that collide with it without a look at the others.
// Rows are packed and padded to a multiple of 16.

INLINE void add(const float *x, lanes *sum) {
    lanes value;
    load(x, &value);
    *sum += value;
}

INLINE float dot(const int64_t blocks, const lanes *x, const float *y) {
    FAST
    lanes products = 0;
    for (int64_t c = 0; c < blocks; c++) {
        lanes value;
        load(y + 16 * c, &value);
        products += x[c] * value;
    }
    float sum = 0;
    for (int i = 0; i < 16; i++) sum += products[i];
    return sum;
}

CLONES void ck_bucket_sort(int64_t n, int32_t bits, int32_t hashes, const uint16_t *codes, uint32_t *starts,
                           uint32_t *order) {
    const int64_t buckets = (int64_t)1 << bits;
    for (int32_t hash = 0; hash < hashes; hash++, codes += n, order += n, starts += buckets + 1) {
        memset(starts, 0, (size_t)(buckets + 1) * sizeof *starts);
        for (int64_t j = 0; j < n; j++) starts[codes[j] + 1]++;
        for (int64_t b = 0; b < buckets; b++) starts[b + 1] += starts[b];
        // Filling moves every start to the next bucket's, so they are moved back afterwards.
        for (int64_t j = 0; j < n; j++) order[starts[codes[j]]++] = (uint32_t)j;
        memmove(starts + 1, starts, (size_t)buckets * sizeof *starts);
        starts[0] = 0;
    }
}

CLONES int64_t ck_collisions(int64_t n, int32_t bits, int32_t hashes, const uint16_t *from, const uint16_t *to,
                             uint32_t *histogram) {
    int64_t total = 0;
    for (int32_t hash = 0; hash < hashes; hash++, from += n, to += n) {
        memset(histogram, 0, sizeof *histogram << bits);
        for (int64_t j = 0; j < n; j++) histogram[from[j]]++;
        for (int64_t i = 0; i < n; i++) total += histogram[to[i]];
    }
    return total;
}

INLINE void sum_collisions(const int64_t blocks, int64_t n, int32_t bits, int32_t hashes, const uint16_t *to,
                           const uint32_t *starts, const uint32_t *order, const float *values, float factor,
                           float *sums) {
    const int64_t buckets = (int64_t)1 << bits, width = 16 * blocks;
    for (int64_t i = 0; i < n; i++) {
        lanes sum[8];
        for (int64_t c = 0; c < blocks; c++) sum[c] = 0;
        for (int32_t hash = 0; hash < hashes; hash++) {
            const uint32_t *bucket = starts + hash * (buckets + 1) + to[hash * n + i];
            for (uint32_t p = bucket[0]; p < bucket[1]; p++) {
                const float *value = values + order[hash * n + p] * width;
                for (int64_t c = 0; c < blocks; c++) add(value + 16 * c, sum + c);
            }
        }
        for (int64_t c = 0; c < blocks; c++) {
            sum[c] *= factor;
            store(sum + c, sums + i * width + 16 * c);
        }
    }
}

CLONES void ck_collision_sums(int64_t n, int32_t width, int32_t bits, int32_t hashes, const uint16_t *to,
                              const uint32_t *starts, const uint32_t *order, const float *values, float factor,
                              float *sums) {
    switch (width) {
        case 32: sum_collisions(2, n, bits, hashes, to, starts, order, values, factor, sums); break;
        case 64: sum_collisions(4, n, bits, hashes, to, starts, order, values, factor, sums); break;
        default: sum_collisions(width / 16, n, bits, hashes, to, starts, order, values, factor, sums);
    }
}

/// Every token that collides with this one, once, with its count in `counts`; returns how many.
INLINE int64_t colliders(int64_t n, int32_t bits, int32_t hashes, const uint16_t *to, const uint32_t *starts,
                         const uint32_t *order, uint32_t *list, uint16_t *counts) {
    int64_t found = 0;
    for (int32_t hash = 0; hash < hashes; hash++, starts += ((int64_t)1 << bits) + 1, order += n, to += n)
        for (uint32_t p = starts[*to]; p < starts[*to + 1]; p++) {
            // Written always and kept where it is new, without a branch to mispredict.
            list[found] = order[p];
            found += counts[order[p]]++ == 0;
        }
    return found;
}

INLINE void collision_gradients(const int64_t blocks, int64_t n, int32_t bits, int32_t hashes, int32_t exact,
                                const uint16_t *to, const uint32_t *starts, const uint32_t *order, const float *q,
                                const float *k, const float *v, const float *g, float *dq, float *dk, uint32_t *list,
                                uint16_t *counts) {
    const int64_t width = 16 * blocks;
    memset(counts, 0, (size_t)n * sizeof *counts);
    memset(dk, 0, (size_t)(n * width) * sizeof *dk);
    for (int64_t i = 0; i < n; i++) {
        const int64_t found = colliders(n, bits, hashes, to + i, starts, order, list, counts);
        lanes query[8], gradient[8], sum[8];
        for (int64_t c = 0; c < blocks; c++) {
            load(q + i * width + 16 * c, query + c);
            load(g + i * width + 16 * c, gradient + c);
            sum[c] = 0;
        }
        for (int64_t p = 0; p < found; p++) {
            const int64_t j = list[p];
            const float *key = k + j * width;
            const float cosine = exact ? dot(blocks, query, key) : 0;
            const float weight = dot(blocks, gradient, v + j * width) * relative_slope(bits, exact, cosine) *
                                 (float)counts[j] / (float)hashes;
            counts[j] = 0;
            for (int64_t c = 0; c < blocks; c++) {
                lanes part;
                load(key + 16 * c, &part);
                sum[c] += weight * part;
                load(dk + j * width + 16 * c, &part);
                part += weight * query[c];
                store(&part, dk + j * width + 16 * c);
            }
        }
        for (int64_t c = 0; c < blocks; c++) store(sum + c, dq + i * width + 16 * c);
    }
}

CLONES void ck_collision_gradients(int64_t n, int32_t width, int32_t bits, int32_t hashes, int32_t exact,
                                   const uint16_t *to, const uint32_t *starts, const uint32_t *order, const float *q,
                                   const float *k, const float *v, const float *g, float *dq, float *dk,
                                   uint32_t *list, uint16_t *counts) {
    if (width == 64 && !exact)
        collision_gradients(4, n, bits, hashes, 0, to, starts, order, q, k, v, g, dq, dk, list, counts);
    else
        collision_gradients(width / 16, n, bits, hashes, exact, to, starts, order, q, k, v, g, dq, dk, list, counts);
}

CLONES void ck_collision_shares(int64_t queries, int64_t keys, int64_t n, int32_t hashes, const uint16_t *to,
                                const uint16_t *from, float *shares) {
    enum { WIDTH = 64 };
    const float each = 1.0f / (float)hashes;
    for (int64_t i = 0; i < queries; i++)
        for (int64_t first = 0; first < keys; first += WIDTH) {
            uint16_t count[WIDTH] = {0};
            const int64_t columns = keys - first < WIDTH ? keys - first : WIDTH;
            if (columns == WIDTH)
                for (int32_t hash = 0; hash < hashes; hash++) {
                    const uint16_t code = to[hash * n + i], *other = from + hash * n + first;
                    for (int64_t j = 0; j < WIDTH; j++) count[j] += other[j] == code;
                }
            else
                for (int32_t hash = 0; hash < hashes; hash++) {
                    const uint16_t code = to[hash * n + i], *other = from + hash * n + first;
                    for (int64_t j = 0; j < columns; j++) count[j] += other[j] == code;
                }
            for (int64_t j = 0; j < columns; j++) shares[i * keys + first + j] = each * (float)count[j];
        }
}

CLONES void ck_collision_slopes(int64_t n, int32_t bits, int32_t exact, const float *shares, const float *cosines,
                                float *d) {
    if (!exact)
        for (int64_t i = 0; i < n; i++) d[i] *= 0.5f * (float)bits * shares[i];
    else
        for (int64_t i = 0; i < n; i++) d[i] *= relative_slope(bits, 1, cosines[i]) * shares[i];
}
