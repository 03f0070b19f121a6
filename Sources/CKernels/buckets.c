#include "lanes.h"

INLINE void add_row(const int64_t width, const float *x, float *y) {
    for (int64_t c = 0; c + 16 <= width; c += 16) {
        lanes a, b;
        load(x + c, &a);
        load(y + c, &b);
        b += a;
        store(&b, y + c);
    }
    for (int64_t c = width / 16 * 16; c < width; c++) y[c] += x[c];
}

/// All hashes of one column block; `table` is zero before and after.
INLINE void sum_block(const int64_t width, int64_t n, int32_t bits, int32_t hashes, const uint16_t *from,
                      const uint16_t *to, const float *values, float *table, float *sums) {
    for (int32_t hash = 0; hash < hashes; hash++, from += n, to += n) {
        for (int64_t j = 0; j < n; j++) add_row(width, values + j * width, table + from[j] * width);
        for (int64_t i = 0; i < n; i++) add_row(width, table + to[i] * width, sums + i * width);
        // Few tokens touch few buckets.
        if (n < (int64_t)1 << bits)
            for (int64_t j = 0; j < n; j++) memset(table + from[j] * width, 0, (size_t)width * sizeof *table);
        else
            memset(table, 0, ((size_t)width << bits) * sizeof *table);
    }
}

CLONES void ck_bucket_sums(ck_codes codes, int32_t block, ck_matrix values, ck_matrix sums, float *scratch) {
    const int64_t n = codes.n;
    const int32_t bits = codes.bits, hashes = codes.hashes;
    const uint16_t *from = codes.keys, *to = codes.queries;
    const float factor = 1.0f / (float)hashes;
    float *table = scratch, *packed = table + ((size_t)block << bits), *total = packed + n * block;
    memset(table, 0, ((size_t)block << bits) * sizeof *table);
    for (int64_t first = 0; first < values.columns; first += block) {
        const int64_t columns = values.columns - first < block ? values.columns - first : block;
        const ck_matrix part = {values.data + first, n, columns, values.stride}, rows = {packed, n, columns, columns};
        ck_copy_rows(part, rows);
        memset(total, 0, (size_t)(n * columns) * sizeof *total);
        switch (columns) {
            case 16: sum_block(16, n, bits, hashes, from, to, packed, table, total); break;
            case 32: sum_block(32, n, bits, hashes, from, to, packed, table, total); break;
            case 64: sum_block(64, n, bits, hashes, from, to, packed, table, total); break;
            default: sum_block(columns, n, bits, hashes, from, to, packed, table, total);
        }
        float *to_sums = sums.data + first;
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < columns; c++) to_sums[i * sums.stride + c] = factor * total[i * columns + c];
    }
}
