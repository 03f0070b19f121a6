// The collisions of a few queries at a time, written out, and what is done with the rows that they name.
#ifndef ENUMERATION_H
#define ENUMERATION_H

#include "lanes.h"

/// A row of `blocks` times 16 floats, or, narrow, of as many bf16 numbers: of every 32 columns j and 16 + j share a word.
INLINE const void *row_of(const int64_t blocks, const int narrow, const void *rows, int64_t token) {
    return (const char *)rows + token * blocks * (narrow ? 32 : 64);
}

/// Columns 16 c to 16 c + 15 of a row, and of a narrow one the next sixteen too.
INLINE void read_row(const int narrow, const void *row, int64_t c, lanes *value, lanes *next) {
    if (!narrow) {
        load((const float *)row + 16 * c, value);
        return;
    }
    words both;
    memcpy(&both, (const char *)row + 32 * c, sizeof both);
    *value = (lanes)(both << 16);
    *next = (lanes)(both & (words)(int32_t)0xffff0000);
}

INLINE float dot(const int64_t blocks, const int narrow, const lanes *x, const void *row) {
    FAST
    lanes products = 0;
    for (int64_t c = 0; c < blocks; c += narrow ? 2 : 1) {
        lanes value, next;
        read_row(narrow, row, c, &value, &next);
        products += x[c] * value;
        if (narrow) products += x[c + 1] * next;
    }
    return sum_of_lanes(&products);
}

enum {
    /// Queries whose collisions are written out at a time: half a cache line of codes of every hash.
    QUERIES = 16,
    /// Tokens of a bucket that are copied whether they are its own or not, without a branch to mispredict.
    FEW = CK_ORDER_PADDING,
    /// Collisions between asking for a row and using it.
    AHEAD = 16
};

/// The collisions of some queries, written out: each token once, where they count with its share of the hashes.
typedef struct {
    uint32_t *places;  // as of ck_sorted_keys, [QUERIES, hashes]
    uint32_t *copied;  // tokens of small buckets, of one query
    uint32_t *tokens;
    float *shares;
    float *share_of;   // so many hashes
    uint16_t *counts;  // of every token, zero between two queries; or the number of the last query that met it
    int64_t ends[QUERIES];
} Collisions;

INLINE void lay_out(int64_t n, int32_t hashes, void *scratch, Collisions *c) {
    c->places = scratch;
    c->copied = c->places + QUERIES * hashes;
    c->tokens = c->copied + FEW * (hashes + 1);
    c->shares = (float *)(c->tokens + QUERIES * n + AHEAD);
    c->share_of = c->shares + QUERIES * n + AHEAD;
    c->counts = (uint16_t *)(c->share_of + hashes + 1);
    for (int32_t count = 0; count <= hashes; count++) c->share_of[count] = (float)count / (float)hashes;
    memset(c->counts, 0, (size_t)n * sizeof *c->counts);
}

/// Adds a token to those of a query unless it is there, without a branch to mispredict: counted, or marked by the query's number.
INLINE int64_t with_token(const int counts, uint32_t token, uint32_t *tokens, int64_t count, uint16_t *of, uint16_t query) {
    tokens[count] = token;
    const uint16_t before = of[token];
    of[token] = counts ? (uint16_t)(before + 1) : query;
    return count + (counts ? before == 0 : before != query);
}

/// - Parameter counts: whether shares are wanted.
INLINE void write_out(int64_t first, int64_t queries, ck_codes codes, ck_sorted_keys sorted, const int counts,
                      Collisions *c) {
    const int64_t n = codes.n, stride = ((int64_t)1 << codes.bits) + 1;
    const int32_t hashes = codes.hashes;
    const uint32_t *order = sorted.order;
    for (int32_t hash = 0; hash < hashes; hash++) {
        const uint32_t *places = sorted.places + hash * n + first;
        // Those of the next queries.
        __builtin_prefetch(places + QUERIES);
        for (int64_t i = 0; i < queries; i++) c->places[i * hashes + hash] = places[i];
        __builtin_prefetch(order + hash * n + places[0] / CK_PLACE_SIZES);
    }
    int64_t end = 0;
    for (int64_t i = 0; i < queries; i++) {
        uint32_t *tokens = c->tokens + end;
        int64_t count = 0, copied = 0;
        // From 1 to 65,535, and then again, once nobody remembers.
        const uint16_t query = (uint16_t)(1 + (first + i) % UINT16_MAX);
        if (!counts && query == 1) memset(c->counts, 0, (size_t)n * sizeof *c->counts);
        for (int32_t hash = 0; hash < hashes; hash++) {
            const uint32_t place = c->places[i * hashes + hash], begin = place / CK_PLACE_SIZES;
            const uint32_t *bucket = order + hash * n + begin;
            if (i + 1 < queries)
                __builtin_prefetch(order + hash * n + c->places[(i + 1) * hashes + hash] / CK_PLACE_SIZES);
            uint32_t size = place % CK_PLACE_SIZES;
            if (size <= FEW) {
                memcpy(c->copied + copied, bucket, FEW * sizeof *bucket);
                copied += size;
            } else {
                if (size == CK_PLACE_SIZES - 1)
                    size = sorted.starts[hash * stride + codes.queries[hash * n + first + i] + 1] - begin;
                for (uint32_t p = 0; p < size; p++)
                    count = with_token(counts, bucket[p], tokens, count, c->counts, query);
            }
        }
        for (int64_t p = 0; p < copied; p++)
            count = with_token(counts, c->copied[p], tokens, count, c->counts, query);
        for (int64_t p = 0; counts && p < count; p++) {
            c->shares[end + p] = c->share_of[c->counts[tokens[p]]];
            c->counts[tokens[p]] = 0;
        }
        c->ends[i] = end += count;
    }
    memset(c->tokens + end, 0, AHEAD * sizeof *c->tokens);
}

INLINE void prefetch_row(const int64_t blocks, const int narrow, const void *row) {
    for (int64_t c = 0; c < blocks; c += narrow ? 2 : 1) __builtin_prefetch((const char *)row + c * (narrow ? 32 : 64));
}

/// *sum += factor row
INLINE void add_row(const int64_t blocks, const int narrow, float factor, const void *row, lanes *sum) {
    FAST
    for (int64_t c = 0; c < blocks; c += narrow ? 2 : 1) {
        lanes value, next;
        read_row(narrow, row, c, &value, &next);
        sum[c] += factor * value;
        if (narrow) sum[c + 1] += factor * next;
    }
}

/// row += factor x
INLINE void add_to_row(const int64_t blocks, float factor, const lanes *x, float *row) {
    FAST
    for (int64_t c = 0; c < blocks; c++) {
        lanes value;
        load(row + 16 * c, &value);
        value += factor * x[c];
        store(&value, row + 16 * c);
    }
}

#endif
