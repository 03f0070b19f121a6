#include "enumeration.h"
#include "yoso.h"

// Tokens sorted by code, hash by hash, so that a token finds those that collide with it without a look at the others.
// Rows are packed and padded to a multiple of 16.

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

CLONES void ck_collision_mass(int64_t n, int32_t bits, int32_t hashes, const uint16_t *from, const uint16_t *to,
                              uint32_t *histogram, float *mass) {
    memset(mass, 0, (size_t)n * sizeof *mass);
    for (int32_t hash = 0; hash < hashes; hash++, from += n, to += n) {
        memset(histogram, 0, sizeof *histogram << bits);
        for (int64_t j = 0; j < n; j++) histogram[from[j]]++;
        for (int64_t i = 0; i < n; i++) mass[i] += (float)histogram[to[i]];
    }
    for (int64_t i = 0; i < n; i++) mass[i] /= (float)hashes;
}

int64_t ck_collision_scratch(int64_t n, int32_t hashes) {
    return 4 * ((2 * QUERIES + FEW) * (int64_t)hashes + FEW + 2 * (QUERIES * n + AHEAD)) + 2 * n;
}

INLINE void sum_collisions(const int64_t blocks, int64_t n, int32_t bits, int32_t hashes, const uint16_t *to,
                           const uint32_t *starts, const uint32_t *order, const float *values, float *sums,
                           void *scratch) {
    const int64_t width = 16 * blocks;
    Collisions found;
    lay_out(n, hashes, scratch, &found);
    for (int64_t first = 0; first < n; first += QUERIES) {
        const int64_t queries = n - first < QUERIES ? n - first : QUERIES;
        write_out(first, queries, n, bits, hashes, to, starts, order, &found);
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes sum[8];
            for (int64_t c = 0; c < blocks; c++) sum[c] = 0;
            for (; p < found.ends[i]; p++) {
                prefetch_row(blocks, values + found.tokens[p + AHEAD] * width);
                add_row(blocks, found.shares[p], values + found.tokens[p] * width, sum);
            }
            for (int64_t c = 0; c < blocks; c++) store(sum + c, sums + (first + i) * width + 16 * c);
        }
    }
}

CLONES void ck_collision_sums(int64_t n, int32_t width, int32_t bits, int32_t hashes, const uint16_t *to,
                              const uint32_t *starts, const uint32_t *order, const float *values, float *sums,
                              void *scratch) {
    switch (width) {
        case 32: sum_collisions(2, n, bits, hashes, to, starts, order, values, sums, scratch); break;
        case 64: sum_collisions(4, n, bits, hashes, to, starts, order, values, sums, scratch); break;
        default: sum_collisions(width / 16, n, bits, hashes, to, starts, order, values, sums, scratch);
    }
}

INLINE void collision_gradients(const int64_t blocks, int64_t n, int32_t bits, int32_t hashes, int32_t exact,
                                const uint16_t *to, const uint32_t *starts, const uint32_t *order, const float *q,
                                const float *k, const float *v, const float *g, const float *delta, float *dq, float *dk,
                                float *dv, void *scratch) {
    const int64_t width = 16 * blocks;
    Collisions found;
    lay_out(n, hashes, scratch, &found);
    memset(dk, 0, (size_t)(n * width) * sizeof *dk);
    memset(dv, 0, (size_t)(n * width) * sizeof *dv);
    for (int64_t first = 0; first < n; first += QUERIES) {
        const int64_t queries = n - first < QUERIES ? n - first : QUERIES;
        write_out(first, queries, n, bits, hashes, to, starts, order, &found);
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes query[8], gradient[8], sum[8];
            for (int64_t c = 0; c < blocks; c++) {
                load(q + (first + i) * width + 16 * c, query + c);
                load(g + (first + i) * width + 16 * c, gradient + c);
                sum[c] = 0;
            }
            for (; p < found.ends[i]; p++) {
                const int64_t here = found.tokens[p] * width, ahead = found.tokens[p + AHEAD] * width;
                prefetch_row(blocks, v + ahead);
                prefetch_row(blocks, k + ahead);
                prefetch_row(blocks, dk + ahead);
                prefetch_row(blocks, dv + ahead);
                const float cosine = exact ? dot(blocks, query, k + here) : 0, share = found.shares[p];
                const float slope = dot(blocks, gradient, v + here) - delta[first + i];
                const float weight = slope * relative_slope(bits, exact, cosine) * share;
                add_row(blocks, weight, k + here, sum);
                add_to_row(blocks, weight, query, dk + here);
                add_to_row(blocks, share, gradient, dv + here);
            }
            for (int64_t c = 0; c < blocks; c++) store(sum + c, dq + (first + i) * width + 16 * c);
        }
    }
}

CLONES void ck_collision_gradients(int64_t n, int32_t width, int32_t bits, int32_t hashes, int32_t exact,
                                   const uint16_t *to, const uint32_t *starts, const uint32_t *order, const float *q,
                                   const float *k, const float *v, const float *g, const float *delta, float *dq,
                                   float *dk, float *dv, void *scratch) {
    if (width == 64 && !exact)
        collision_gradients(4, n, bits, hashes, 0, to, starts, order, q, k, v, g, delta, dq, dk, dv, scratch);
    else
        collision_gradients(width / 16, n, bits, hashes, exact, to, starts, order, q, k, v, g, delta, dq, dk, dv, scratch);
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

CLONES void ck_collision_slopes(int64_t rows, int64_t columns, int32_t bits, int32_t exact, const float *delta,
                                const float *shares, const float *cosines, float *d) {
    for (int64_t i = 0; i < rows; i++, shares += columns, cosines += exact ? columns : 0, d += columns)
        if (!exact)
            for (int64_t j = 0; j < columns; j++) d[j] = (d[j] - delta[i]) * (0.5f * (float)bits * shares[j]);
        else
            for (int64_t j = 0; j < columns; j++)
                d[j] = (d[j] - delta[i]) * (relative_slope(bits, 1, cosines[j]) * shares[j]);
}
