// Attention of one head by vectors of LANES, as the constant that is called ATTENTION: a tile of queries and keys at a time, whose
// scores stay in L2. Where there is a law they are cosines, which weigh by it, and else softmax's.

#include "pairs.h"
#include "tiles.h"

#define LOG2_E 1.44269504088896341f
// A score that weighs nothing.
#define UNSEEN -1e30f

enum {
    // Queries of a tile, and keys of one of a short sequence and of a long one: multiples of ROWS, and keys of COLUMNS, for either may
    // lie along the rows of a product.
    QUERIES = 48,
    FEW_KEYS = LANES == 16 ? 96 : 48,
    KEYS = 480,
};

/// Dropout of n weights of a query, of keys from `key` on.
TILE_INLINE void drop_row(ck_attention_head head, int64_t query, int64_t key, int64_t n, float *x) {
    const int64_t place = head.places ? head.places[query] : query;
    if (head.dropout > 0) drop(n, head.mask, (uint32_t)(place * head.key.rows + key), head.dropout, x);
}

/// Keys of a tile of a sequence of n tokens: one of two constants, with which strides are constant too.
INLINE int64_t keys_at_once(int64_t n) { return n > FEW_KEYS ? KEYS : FEW_KEYS; }

static int64_t scratch_floats(int64_t n, int64_t width) {
    return n + 2 * QUERIES * keys_at_once(n) + (3 * keys_at_once(n) + 4 * QUERIES) * padded(width);
}

// Products of AVX-512, of two shapes of tiles, stand apart from the loops that call them in 28 places: inlined they were most of what
// is compiled here, and no faster on an Emerald Rapids. Held to AVX2, that has 1.2 % more speed where they are inlined.
#if LANES == 16
#define APART static __attribute__((noinline)) TARGET
#else
#define APART TILE_INLINE
#endif

APART void multiply_narrow(int64_t depth, const float *a, const float *panels, ck_matrix c) {
    multiply_tiles(depth, a, depth, 1, panels, depth * COLUMNS, 0, c);
}
#define PRODUCTS_OF(most, name)                                                                                        \
    APART void multiply_##name(int64_t depth, const float *a, const float *panels, int32_t accumulates, ck_matrix c) { \
        multiply_tiles(depth, a, most, 1, panels, most * COLUMNS, accumulates, c);                                     \
    }                                                                                                                  \
    APART void multiply_across_##name(int64_t depth, const float *a, const float *panels, int32_t accumulates,         \
                                      ck_matrix c) {                                                                   \
        multiply_across(depth, a, most, panels, QUERIES * COLUMNS, accumulates, c);                                    \
    }
// By strides that are known as this is compiled.
PRODUCTS_OF(FEW_KEYS, few)
PRODUCTS_OF(KEYS, many)

/// Of a with `most` columns, and of its transpose.
TILE_INLINE void multiply_keys(const int64_t most, int64_t depth, const float *a, const float *panels,
                               int32_t accumulates, ck_matrix c) {
    if (most == KEYS) multiply_many(depth, a, panels, accumulates, c);
    else multiply_few(depth, a, panels, accumulates, c);
}
TILE_INLINE void multiply_keys_across(const int64_t most, int64_t depth, const float *a, const float *panels,
                                      int32_t accumulates, ck_matrix c) {
    if (most == KEYS) multiply_across_many(depth, a, panels, accumulates, c);
    else multiply_across_few(depth, a, panels, accumulates, c);
}

/// n cosines become what they weigh; returns the sum.
TILE_INLINE float weigh_row(int64_t n, ck_pair_law law, float *x) {
    lanes sums = 0;
    for (int64_t j = 0; j < n; j += 16) {
        lanes cosine, s, weight;
        load(x + j, &cosine);
        closeness(&cosine, &s);
        weigh(law, &s, &weight);
        for (int64_t beyond = n - j; beyond < 16; beyond++) weight[beyond] = 0;
        store(&weight, x + j);
        sums += weight;
    }
    float sum = 0;
    for (int lane = 0; lane < 16; lane++) sum += sums[lane];
    return sum;
}

/// Of queries and keys, and of values.
INLINE int64_t widest(ck_attention_head head) {
    return padded(head.query.columns > head.value.columns ? head.query.columns : head.value.columns);
}

/// `log_sum` of weights by a law is their sum.
TILE_INLINE void attend_by(const int64_t most, ck_attention_head head, const ck_pair_law *law, ck_matrix y,
                           float *log_sum, float *scratch) {
    FAST
    const int64_t width = head.query.columns, wide = widest(head);
    const float factor = head.scale * LOG2_E;
    float *scores = scratch, *keys = scores + QUERIES * most, *values = keys + most * wide,
          *queries = values + most * wide, *sums = queries + QUERIES * wide;
    for (int64_t first = 0; first < head.key.rows; first += most) {
        const ck_matrix key = rows_of(head.key, first, most);
        const int64_t columns = padded(key.rows);
        pack_rows(key, keys);
        pack_columns(rows_of(head.value, first, most), most * COLUMNS, values);
        for (int64_t start = 0; start < head.query.rows; start += QUERIES) {
            const ck_matrix query = rows_of(head.query, start, QUERIES), out = rows_of(y, start, QUERIES);
            pad_rows(query, queries);
            multiply_narrow(width, queries, keys, (ck_matrix){scores, query.rows, columns, most});
            for (int64_t i = 0; i < query.rows; i++) {
                float *row = scores + i * most, *top = log_sum + start + i;
                if (law) {
                    const float sum = weigh_row(key.rows, *law, row);
                    *top = first > 0 ? *top + sum : sum;
                    continue;
                }
                for (int64_t j = key.rows; j < columns; j++) row[j] = UNSEEN;
                const float here = factor * largest_of(columns, row);
                const float best = first > 0 && *top > here ? *top : here;
                float sum = powers(columns, factor, best, row);
                drop_row(head, start + i, first, key.rows, row);
                if (first > 0) {
                    // What was summed below another maximum.
                    const float share = exp2f(*top - best);
                    sum += share * sums[start + i];
                    if (share != 1)
                        for (int64_t c = 0; c < out.columns; c++) out.data[i * out.stride + c] *= share;
                }
                sums[start + i] = sum;
                *top = best;
            }
            multiply_keys(most, key.rows, scores, values, first > 0, out);
        }
    }
    if (law) return;
    for (int64_t i = 0; i < head.query.rows; i++) {
        const float inverse = 1.0f / sums[i];
        for (int64_t c = 0; c < y.columns; c++) y.data[i * y.stride + c] *= inverse;
        log_sum[i] += log2f(sums[i]);
    }
}

TILE_INLINE void attend_head(ck_attention_head head, const ck_pair_law *law, ck_matrix y, float *log_sum,
                             float *scratch) {
    if (head.key.rows > FEW_KEYS)
        attend_by(KEYS, head, law, y, log_sum, scratch);
    else
        attend_by(FEW_KEYS, head, law, y, log_sum, scratch);
}

TARGET static void attend(ck_attention_head head, ck_matrix y, float *log_sum, float *scratch) {
    attend_head(head, NULL, y, log_sum, scratch);
}

TARGET static void attend_pairs(ck_attention_head head, ck_pair_law law, ck_matrix y, float *mass, float *scratch) {
    attend_head(head, &law, y, mass, scratch);
}

TILE_INLINE void attend_gradient_by(const int64_t most, ck_attention_head head, const ck_pair_law *law, ck_matrix dy,
                                    const float *log_sum, const float *delta, ck_matrix dquery, ck_matrix dkey,
                                    ck_matrix dvalue, float *scratch) {
    FAST
    const int64_t width = head.query.columns, value_width = head.value.columns, wide = widest(head);
    const float factor = head.scale * LOG2_E;
    float *weights = scratch, *slopes = weights + QUERIES * most, *keys = slopes + QUERIES * most,
          *across = keys + most * wide, *values = across + most * wide, *queries = values + most * wide,
          *query_panels = queries + QUERIES * wide, *gradients = query_panels + QUERIES * wide,
          *gradient_panels = gradients + QUERIES * wide;
    for (int64_t first = 0; first < head.key.rows; first += most) {
        const ck_matrix key = rows_of(head.key, first, most);
        const int64_t columns = padded(key.rows);
        pack_rows(key, keys);
        pack_columns(key, most * COLUMNS, across);
        pack_rows(rows_of(head.value, first, most), values);
        for (int64_t start = 0; start < head.query.rows; start += QUERIES) {
            const ck_matrix query = rows_of(head.query, start, QUERIES), d = rows_of(dy, start, QUERIES);
            const int64_t n = query.rows;
            pad_rows(query, queries);
            pad_rows(d, gradients);
            pack_columns(query, QUERIES * COLUMNS, query_panels);
            pack_columns(d, QUERIES * COLUMNS, gradient_panels);
            multiply_narrow(width, queries, keys, (ck_matrix){weights, n, columns, most});
            multiply_narrow(value_width, gradients, values, (ck_matrix){slopes, n, columns, most});
            for (int64_t i = 0; i < n; i++) {
                float *weight = weights + i * most, *slope = slopes + i * most;
                if (law) {
                    weigh_gradients(key.rows, *law, delta[start + i], weight, slope);
                    continue;
                }
                powers(columns, factor, log_sum[start + i], weight);
                drop_row(head, start + i, first, key.rows, slope);
                for (int64_t j = 0; j < key.rows; j++)
                    slope[j] = head.scale * weight[j] * (slope[j] - delta[start + i]);
                drop_row(head, start + i, first, key.rows, weight);
            }
            multiply_keys_across(most, n, weights, gradient_panels, start > 0, rows_of(dvalue, first, most));
            multiply_keys(most, key.rows, slopes, across, first > 0, rows_of(dquery, start, QUERIES));
            multiply_keys_across(most, n, slopes, query_panels, start > 0, rows_of(dkey, first, most));
        }
    }
}

TILE_INLINE void attend_head_gradient(ck_attention_head head, const ck_pair_law *law, ck_matrix dy,
                                      const float *log_sum, const float *delta, ck_matrix dquery, ck_matrix dkey,
                                      ck_matrix dvalue, float *scratch) {
    if (head.key.rows > FEW_KEYS)
        attend_gradient_by(KEYS, head, law, dy, log_sum, delta, dquery, dkey, dvalue, scratch);
    else
        attend_gradient_by(FEW_KEYS, head, law, dy, log_sum, delta, dquery, dkey, dvalue, scratch);
}

TARGET static void attend_gradient(ck_attention_head head, ck_matrix dy, const float *log_sum, const float *delta,
                                   ck_matrix dquery, ck_matrix dkey, ck_matrix dvalue, float *scratch) {
    attend_head_gradient(head, NULL, dy, log_sum, delta, dquery, dkey, dvalue, scratch);
}

TARGET static void attend_pairs_gradient(ck_attention_head head, ck_pair_law law, ck_matrix g, const float *delta,
                                         ck_matrix dquery, ck_matrix dkey, ck_matrix dvalue, float *scratch) {
    attend_head_gradient(head, &law, g, NULL, delta, dquery, dkey, dvalue, scratch);
}

const attention_kernels ATTENTION = {scratch_floats, attend, attend_gradient, attend_pairs, attend_pairs_gradient};
