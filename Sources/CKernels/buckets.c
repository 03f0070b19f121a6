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

CLONES void ck_bucket_sums(int64_t n, int32_t width, int32_t block, int32_t bits, int32_t hashes, const uint16_t *from,
                           const uint16_t *to, const float *values, int64_t values_stride, float factor, float *sums,
                           int64_t sums_stride, float *scratch) {
    float *table = scratch, *packed = table + ((size_t)block << bits), *total = packed + n * block;
    memset(table, 0, ((size_t)block << bits) * sizeof *table);
    for (int32_t first = 0; first < width; first += block) {
        const int64_t columns = width - first < block ? width - first : block;
        ck_copy_rows(n, columns, values + first, values_stride, packed, columns);
        memset(total, 0, (size_t)(n * columns) * sizeof *total);
        switch (columns) {
            case 16: sum_block(16, n, bits, hashes, from, to, packed, table, total); break;
            case 32: sum_block(32, n, bits, hashes, from, to, packed, table, total); break;
            case 64: sum_block(64, n, bits, hashes, from, to, packed, table, total); break;
            default: sum_block(columns, n, bits, hashes, from, to, packed, table, total);
        }
        for (int64_t i = 0; i < n; i++)
            for (int64_t c = 0; c < columns; c++) sums[i * sums_stride + first + c] = factor * total[i * columns + c];
    }
}
