#include "enumeration.h"
#include "yoso.h"

// Tokens sorted by code, hash by hash, so that a token finds those that collide with it without a look at the others.
// Rows are packed and padded to a multiple of 16.

CLONES void ck_bucket_sort(ck_codes codes, ck_sorted_keys sorted) {
    const int64_t n = codes.n, buckets = (int64_t)1 << codes.bits;
    const uint16_t *keys = codes.keys, *queries = codes.queries;
    uint32_t *starts = sorted.starts, *order = sorted.order, *places = sorted.places;
    for (int32_t hash = 0; hash < codes.hashes; hash++) {
        memset(starts, 0, (size_t)(buckets + 1) * sizeof *starts);
        for (int64_t j = 0; j < n; j++) starts[keys[j] + 1]++;
        for (int64_t b = 0; b < buckets; b++) starts[b + 1] += starts[b];
        // Filling moves every start to the next bucket's, so they are moved back afterwards.
        for (int64_t j = 0; j < n; j++) order[starts[keys[j]]++] = (uint32_t)j;
        memmove(starts + 1, starts, (size_t)buckets * sizeof *starts);
        starts[0] = 0;
        for (int64_t i = 0; i < n; i++) {
            const uint32_t *bucket = starts + queries[i], size = bucket[1] - bucket[0];
            places[i] = bucket[0] * CK_PLACE_SIZES + (size < CK_PLACE_SIZES ? size : CK_PLACE_SIZES - 1);
        }
        keys += n, queries += n, order += n, places += n, starts += buckets + 1;
    }
}

/// How many keys have each code of one hash.
INLINE void count_codes(ck_codes codes, int32_t hash, uint32_t *histogram) {
    memset(histogram, 0, sizeof *histogram << codes.bits);
    for (int64_t j = 0; j < codes.n; j++) histogram[codes.keys[hash * codes.n + j]]++;
}

CLONES int64_t ck_collisions(ck_codes codes, uint32_t *histogram) {
    int64_t total = 0;
    for (int32_t hash = 0; hash < codes.hashes; hash++) {
        count_codes(codes, hash, histogram);
        for (int64_t i = 0; i < codes.n; i++) total += histogram[codes.queries[hash * codes.n + i]];
    }
    return total;
}

CLONES void ck_collision_mass(ck_codes codes, uint32_t *histogram, float *mass) {
    memset(mass, 0, (size_t)codes.n * sizeof *mass);
    for (int32_t hash = 0; hash < codes.hashes; hash++) {
        count_codes(codes, hash, histogram);
        for (int64_t i = 0; i < codes.n; i++) mass[i] += (float)histogram[codes.queries[hash * codes.n + i]];
    }
    for (int64_t i = 0; i < codes.n; i++) mass[i] /= (float)codes.hashes;
}

int64_t ck_collision_scratch(int64_t n, int32_t hashes) {
    return 4 * ((QUERIES + FEW + 1) * (int64_t)hashes + FEW + 2 * (QUERIES * n + AHEAD) + 1) + 2 * n;
}

CLONES void ck_narrow_rows(int64_t n, const float *x, void *narrow) {
    for (int64_t i = 0; i < n; i += 32) {
        uint32_t wide[32], both[16];
        memcpy(wide, x + i, sizeof wide);
        for (int j = 0; j < 16; j++) both[j] = upper_half(wide[j]) | upper_half(wide[16 + j]) << 16;
        memcpy((char *)narrow + 2 * i, both, sizeof both);
    }
}

INLINE void sum_collisions(const int64_t blocks, const int narrow, ck_codes codes, ck_sorted_keys sorted,
                           const void *values, ck_matrix sums) {
    const int64_t n = codes.n;
    Collisions found;
    lay_out(n, codes.hashes, sorted.scratch, &found);
    for (int64_t first = 0; first < n; first += QUERIES) {
        const int64_t queries = n - first < QUERIES ? n - first : QUERIES;
        write_out(first, queries, codes, sorted, 1, &found);
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes sum[8];
            for (int64_t c = 0; c < blocks; c++) sum[c] = 0;
            for (; p < found.ends[i]; p++) {
                prefetch_row(blocks, narrow, row_of(blocks, narrow, values, found.tokens[p + AHEAD]));
                add_row(blocks, narrow, found.shares[p], row_of(blocks, narrow, values, found.tokens[p]), sum);
            }
            float *row = sums.data + (first + i) * sums.stride;
            for (int64_t c = 0; c < blocks; c++) store_part(sum + c, row, 16 * c, sums.columns);
        }
    }
}

CLONES void ck_collision_sums(ck_codes codes, ck_sorted_keys sorted, int64_t width, const float *values,
                              const void *narrow, ck_matrix sums) {
    const int64_t blocks = width / 16;
    if (narrow && blocks == 4)
        sum_collisions(4, 1, codes, sorted, narrow, sums);
    else if (narrow)
        sum_collisions(blocks, 1, codes, sorted, narrow, sums);
    else if (blocks == 4)
        sum_collisions(4, 0, codes, sorted, values, sums);
    else if (blocks == 2)
        sum_collisions(2, 0, codes, sorted, values, sums);
    else
        sum_collisions(blocks, 0, codes, sorted, values, sums);
}

INLINE void collision_gradients(const int64_t blocks, const int narrow, ck_codes codes, ck_sorted_keys sorted,
                                int32_t exact, ck_pair_rows rows, const float *g, const float *delta, ck_pair_rows gradient_rows) {
    const int64_t width = 16 * blocks, n = codes.n;
    const float *q = rows.q;
    const void *k = narrow ? rows.narrow_k : rows.k, *v = narrow ? rows.narrow_v : rows.v;
    float *dq = gradient_rows.q, *dk = gradient_rows.k, *dv = gradient_rows.v;
    Collisions found;
    lay_out(n, codes.hashes, sorted.scratch, &found);
    memset(dk, 0, (size_t)(n * width) * sizeof *dk);
    memset(dv, 0, (size_t)(n * width) * sizeof *dv);
    for (int64_t first = 0; first < n; first += QUERIES) {
        const int64_t queries = n - first < QUERIES ? n - first : QUERIES;
        write_out(first, queries, codes, sorted, 1, &found);
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes query[8], gradient[8], sum[8];
            for (int64_t c = 0; c < blocks; c++) {
                load(q + (first + i) * width + 16 * c, query + c);
                load(g + (first + i) * width + 16 * c, gradient + c);
                sum[c] = 0;
            }
            for (; p < found.ends[i]; p++) {
                const int64_t here = found.tokens[p] * width, ahead = found.tokens[p + AHEAD] * width;
                const void *key = row_of(blocks, narrow, k, found.tokens[p]);
                prefetch_row(blocks, narrow, row_of(blocks, narrow, v, found.tokens[p + AHEAD]));
                prefetch_row(blocks, narrow, row_of(blocks, narrow, k, found.tokens[p + AHEAD]));
                prefetch_row(blocks, 0, dk + ahead);
                prefetch_row(blocks, 0, dv + ahead);
                const float cosine = exact ? dot(blocks, narrow, query, key) : 0, share = found.shares[p];
                const float slope =
                    dot(blocks, narrow, gradient, row_of(blocks, narrow, v, found.tokens[p])) - delta[first + i];
                const float weight = slope * relative_slope(codes.bits, exact, cosine) * share;
                add_row(blocks, narrow, weight, key, sum);
                add_to_row(blocks, weight, query, dk + here);
                add_to_row(blocks, share, gradient, dv + here);
            }
            for (int64_t c = 0; c < blocks; c++) store(sum + c, dq + (first + i) * width + 16 * c);
        }
    }
}

CLONES void ck_collision_gradients(ck_codes codes, ck_sorted_keys sorted, int32_t exact, ck_pair_rows rows,
                                   const float *g, const float *delta, ck_pair_rows gradient) {
    const int64_t blocks = rows.width / 16;
    if (rows.narrow_k && blocks == 4 && !exact)
        collision_gradients(4, 1, codes, sorted, 0, rows, g, delta, gradient);
    else if (rows.narrow_k)
        collision_gradients(blocks, 1, codes, sorted, exact, rows, g, delta, gradient);
    else if (blocks == 4 && !exact)
        collision_gradients(4, 0, codes, sorted, 0, rows, g, delta, gradient);
    else
        collision_gradients(blocks, 0, codes, sorted, exact, rows, g, delta, gradient);
}

CLONES void ck_collision_shares(ck_codes codes, int64_t first, int64_t queries, float *shares) {
    const int64_t n = codes.n;
    const int32_t hashes = codes.hashes;
    const uint16_t *to = codes.queries + first, *from = codes.keys;
    enum { WIDTH = 64 };
    const float each = 1.0f / (float)hashes;
    for (int64_t i = 0; i < queries; i++)
        for (int64_t key = 0; key < n; key += WIDTH) {
            uint16_t count[WIDTH] = {0};
            const int64_t columns = n - key < WIDTH ? n - key : WIDTH;
            if (columns == WIDTH)
                for (int32_t hash = 0; hash < hashes; hash++) {
                    const uint16_t code = to[hash * n + i], *other = from + hash * n + key;
                    for (int64_t j = 0; j < WIDTH; j++) count[j] += other[j] == code;
                }
            else
                for (int32_t hash = 0; hash < hashes; hash++) {
                    const uint16_t code = to[hash * n + i], *other = from + hash * n + key;
                    for (int64_t j = 0; j < columns; j++) count[j] += other[j] == code;
                }
            for (int64_t j = 0; j < columns; j++) shares[i * n + key + j] = each * (float)count[j];
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
