#include "enumeration.h"
#include "pairs.h"

// The conditional estimator by enumeration: hashes select pairs, each met once, and what a pair weighs is computed.

INLINE int64_t select_sums(const int64_t blocks, const int narrow, ck_codes codes, ck_sorted_keys sorted, ck_pair_law law,
                           ck_pair_rows rows, float *sums, float *mass, int64_t limit) {
    const int64_t width = 16 * blocks, n = codes.n;
    const float *q = rows.q;
    const void *k = narrow ? rows.narrow_k : rows.k, *v = narrow ? rows.narrow_v : rows.v;
    Collisions found;
    lay_out(n, codes.hashes, sorted.scratch, &found);
    int64_t total = 0;
    for (int64_t first = 0; first < n; first += QUERIES) {
        const int64_t queries = n - first < QUERIES ? n - first : QUERIES;
        write_out(first, queries, codes, sorted, 0, &found);
        // The shares make room for what follows from the cosines.
        float *weights = found.shares;
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes query[8];
            for (int64_t c = 0; c < blocks; c++) load(q + (first + i) * width + 16 * c, query + c);
            for (; p < found.ends[i]; p++) {
                prefetch_row(blocks, narrow, row_of(blocks, narrow, k, found.tokens[p + AHEAD]));
                weights[p] = dot(blocks, narrow, query, row_of(blocks, narrow, k, found.tokens[p]));
            }
        }
        const int64_t end = found.ends[queries - 1];
        // What is computed behind the end is not read; there is room for it.
        for (int64_t p = 0; p < end; p += 16) {
            lanes x, s, weight;
            load(weights + p, &x);
            closeness(&x, &s);
            weigh(law, &s, &weight);
            store(&weight, weights + p);
        }
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes sum[8];
            float row_mass = 0;
            for (int64_t c = 0; c < blocks; c++) sum[c] = 0;
            for (; p < found.ends[i]; p++) {
                prefetch_row(blocks, narrow, row_of(blocks, narrow, v, found.tokens[p + AHEAD]));
                row_mass += weights[p];
                add_row(blocks, narrow, weights[p], row_of(blocks, narrow, v, found.tokens[p]), sum);
            }
            mass[first + i] = row_mass;
            for (int64_t c = 0; c < blocks; c++) store(sum + c, sums + (first + i) * width + 16 * c);
        }
        total += end;
        if (total > limit) break;
    }
    return total;
}

CLONES int64_t ck_selected_sums(ck_codes codes, ck_sorted_keys sorted, ck_pair_law law, ck_pair_rows rows, float *sums,
                                float *mass, int64_t limit) {
    const int64_t blocks = rows.width / 16;
    if (rows.narrow_k)
        return blocks == 4 ? select_sums(4, 1, codes, sorted, law, rows, sums, mass, limit)
                           : select_sums(blocks, 1, codes, sorted, law, rows, sums, mass, limit);
    return blocks == 4 ? select_sums(4, 0, codes, sorted, law, rows, sums, mass, limit)
                       : select_sums(blocks, 0, codes, sorted, law, rows, sums, mass, limit);
}

INLINE void select_gradients(const int64_t blocks, const int narrow, ck_codes codes, ck_sorted_keys sorted, ck_pair_law law,
                             ck_pair_rows rows, const float *g, const float *delta, ck_pair_rows gradient_rows,
                             float *slopes) {
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
        write_out(first, queries, codes, sorted, 0, &found);
        float *weights = found.shares;
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes query[8], gradient[8];
            for (int64_t c = 0; c < blocks; c++) {
                load(q + (first + i) * width + 16 * c, query + c);
                load(g + (first + i) * width + 16 * c, gradient + c);
            }
            for (; p < found.ends[i]; p++) {
                const uint32_t here = found.tokens[p], ahead = found.tokens[p + AHEAD];
                prefetch_row(blocks, narrow, row_of(blocks, narrow, k, ahead));
                prefetch_row(blocks, narrow, row_of(blocks, narrow, v, ahead));
                weights[p] = dot(blocks, narrow, query, row_of(blocks, narrow, k, here));
                slopes[p] = dot(blocks, narrow, gradient, row_of(blocks, narrow, v, here)) - delta[first + i];
            }
        }
        weigh_gradients(found.ends[queries - 1], law, 0, weights, slopes);
        for (int64_t i = 0, p = 0; i < queries; i++) {
            lanes query[8], gradient[8], sum[8];
            for (int64_t c = 0; c < blocks; c++) {
                load(q + (first + i) * width + 16 * c, query + c);
                load(g + (first + i) * width + 16 * c, gradient + c);
                sum[c] = 0;
            }
            for (; p < found.ends[i]; p++) {
                const int64_t here = found.tokens[p] * width, ahead = found.tokens[p + AHEAD] * width;
                prefetch_row(blocks, 0, dk + ahead);
                prefetch_row(blocks, 0, dv + ahead);
                add_row(blocks, narrow, slopes[p], row_of(blocks, narrow, k, found.tokens[p]), sum);
                add_to_row(blocks, slopes[p], query, dk + here);
                add_to_row(blocks, weights[p], gradient, dv + here);
            }
            for (int64_t c = 0; c < blocks; c++) store(sum + c, dq + (first + i) * width + 16 * c);
        }
    }
}

CLONES void ck_selected_gradients(ck_codes codes, ck_sorted_keys sorted, ck_pair_law law, ck_pair_rows rows,
                                  const float *g, const float *delta, ck_pair_rows gradient, float *slopes) {
    const int64_t blocks = rows.width / 16;
    if (rows.narrow_k && blocks == 4)
        select_gradients(4, 1, codes, sorted, law, rows, g, delta, gradient, slopes);
    else if (rows.narrow_k)
        select_gradients(blocks, 1, codes, sorted, law, rows, g, delta, gradient, slopes);
    else if (blocks == 4)
        select_gradients(4, 0, codes, sorted, law, rows, g, delta, gradient, slopes);
    else
        select_gradients(blocks, 0, codes, sorted, law, rows, g, delta, gradient, slopes);
}
