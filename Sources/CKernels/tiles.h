// Products of six rows by sixteen columns in the sixteen registers of a CPU with AVX2, and powers of two of eight lanes.
// The right operand lies in panels of sixteen columns, in the order in which a product reads it.
#ifndef TILES_H
#define TILES_H

#include "lanes.h"

#define WIDE_INLINE static inline __attribute__((always_inline)) WIDE

typedef float eight_anywhere __attribute__((ext_vector_type(8), aligned(4)));

enum { ROWS = 6, COLUMNS = 16 };

WIDE_INLINE eight load_eight(const float *x) { return *(const eight_anywhere *)x; }
WIDE_INLINE void store_eight(eight x, float *y) { *(eight_anywhere *)y = x; }

/// c = a b, or c += a b: six rows of a, whose element (i, k) lies at i * row + k * step, by a panel [depth, 16].
/// Only `rows` by `columns` of c are touched.
WIDE_INLINE void multiply_tile(int64_t depth, const float *a, const int64_t row, const int64_t step, const float *panel,
                               int32_t accumulates, int64_t rows, int64_t columns, float *c, int64_t stride) {
    FAST
    eight sums[ROWS][2];
    for (int i = 0; i < ROWS; i++) sums[i][0] = sums[i][1] = 0;
    for (int64_t k = 0; k < depth; k++, a += step, panel += COLUMNS) {
        const eight left = load_eight(panel), right = load_eight(panel + 8);
        for (int i = 0; i < ROWS; i++) {
            const eight factor = a[i * row];
            sums[i][0] += factor * left;
            sums[i][1] += factor * right;
        }
    }
    if (columns == COLUMNS) {
        for (int i = 0; i < ROWS; i++, c += stride) {
            if (i >= rows) return;
            store_eight(accumulates ? load_eight(c) + sums[i][0] : sums[i][0], c);
            store_eight(accumulates ? load_eight(c + 8) + sums[i][1] : sums[i][1], c + 8);
        }
        return;
    }
    for (int64_t i = 0; i < ROWS && i < rows; i++, c += stride)
        for (int64_t j = 0; j < columns; j++) c[j] = (accumulates ? c[j] : 0) + sums[i][j / 8][j % 8];
}

/// c = a b, or c += a b, of panels [depth, 16] that lie `apart` floats apart.
WIDE_INLINE void multiply_tiles(int64_t depth, const float *a, const int64_t row, const int64_t step,
                                const float *panels, int64_t apart, int32_t accumulates, ck_matrix c) {
    for (int64_t j = 0; j < c.columns; j += COLUMNS, panels += apart)
        for (int64_t i = 0; i < c.rows; i += ROWS)
            multiply_tile(depth, a + i * row, row, step, panels, accumulates, c.rows - i,
                          c.columns - j < COLUMNS ? c.columns - j : COLUMNS, c.data + i * c.stride + j, c.stride);
}

/// c = aᵀ b, or c += aᵀ b, of a [depth, rows of c] with this stride: six of its columns stay in L1 for all panels.
WIDE_INLINE void multiply_across(int64_t depth, const float *a, const int64_t stride, const float *panels,
                                 int64_t apart, int32_t accumulates, ck_matrix c) {
    for (int64_t i = 0; i < c.rows; i += ROWS)
        for (int64_t j = 0; j < c.columns; j += COLUMNS)
            multiply_tile(depth, a + i, 1, stride, panels + j / COLUMNS * apart, accumulates, c.rows - i,
                          c.columns - j < COLUMNS ? c.columns - j : COLUMNS, c.data + i * c.stride + j, c.stride);
}

/// Panels [rows, 16] of the columns of x, `apart` floats apart; zero behind the last.
WIDE_INLINE void pack_columns(ck_matrix x, int64_t apart, float *panels) {
    for (int64_t j = 0; j < x.columns; j += COLUMNS, panels += apart)
        for (int64_t i = 0; i < x.rows; i++) {
            const float *from = x.data + i * x.stride + j;
            float *to = panels + i * COLUMNS;
            if (x.columns - j >= COLUMNS)
                memcpy(to, from, COLUMNS * sizeof *to);
            else
                for (int64_t c = 0; c < COLUMNS; c++) to[c] = j + c < x.columns ? from[c] : 0;
        }
}

/// Exchanges the off-diagonal blocks of two rows of a tile of eight.
#define EXCHANGE(a, b, first, second)                                    \
    {                                                                    \
        const eight kept = __builtin_shufflevector(a, b, first);         \
        b = __builtin_shufflevector(a, b, second);                       \
        a = kept;                                                        \
    }
#define FIRST_4 0, 1, 2, 3, 8, 9, 10, 11
#define SECOND_4 4, 5, 6, 7, 12, 13, 14, 15
#define FIRST_2 0, 1, 8, 9, 4, 5, 12, 13
#define SECOND_2 2, 3, 10, 11, 6, 7, 14, 15
#define FIRST_1 0, 8, 2, 10, 4, 12, 6, 14
#define SECOND_1 1, 9, 3, 11, 5, 13, 7, 15

/// Panels [columns, 16] of the rows of x, behind one another; zero behind the last.
WIDE_INLINE void pack_rows(ck_matrix x, float *panels) {
    for (int64_t i = 0; i < x.rows; i += COLUMNS, panels += x.columns * COLUMNS)
        for (int64_t half = 0; half < COLUMNS; half += 8) {
            const float *from = x.data + (i + half) * x.stride;
            const int64_t rows = x.rows - i - half;
            float *to = panels + half;
            int64_t j = 0;
            if (rows >= 8)
                for (; j + 8 <= x.columns; j += 8) {
                    eight tile[8];
                    for (int r = 0; r < 8; r++) tile[r] = load_eight(from + r * x.stride + j);
                    for (int r = 0; r < 4; r++) EXCHANGE(tile[r], tile[r + 4], FIRST_4, SECOND_4)
                    for (int r = 0; r < 8; r++)
                        if (!(r & 2)) EXCHANGE(tile[r], tile[r + 2], FIRST_2, SECOND_2)
                    for (int r = 0; r < 8; r += 2) EXCHANGE(tile[r], tile[r + 1], FIRST_1, SECOND_1)
                    for (int r = 0; r < 8; r++) store_eight(tile[r], to + (j + r) * COLUMNS);
                }
            for (; j < x.columns; j++)
                for (int64_t r = 0; r < 8; r++) to[j * COLUMNS + r] = r < rows ? from[r * x.stride + j] : 0;
        }
}

/// The rows of x, [rows, columns] side by side, and zeros up to a multiple of six rows.
WIDE_INLINE void pad_rows(ck_matrix x, float *y) {
    for (int64_t i = 0; i < x.rows; i++, y += x.columns) {
        const float *from = x.data + i * x.stride;
        int64_t j = 0;
        for (; j + 8 <= x.columns; j += 8) store_eight(load_eight(from + j), y + j);
        for (; j < x.columns; j++) y[j] = from[j];
    }
    memset(y, 0, (size_t)((ROWS - x.rows % ROWS) % ROWS * x.columns) * sizeof *y);
}

/// At most so many rows from `first` on.
WIDE_INLINE ck_matrix rows_of(ck_matrix x, int64_t first, int64_t most) {
    const int64_t left = x.rows - first;
    return (ck_matrix){x.data + first * x.stride, left < most ? left : most, x.columns, x.stride};
}

/// The largest of n, a multiple of sixteen.
WIDE_INLINE float largest_of(int64_t n, const float *x) {
    eight a = load_eight(x), b = load_eight(x + 8);
    int64_t j = 16;
    if (n >= 32) {
        eight c = load_eight(x + 16), d = load_eight(x + 24);
        for (j = 32; j + 32 <= n; j += 32) {
            a = __builtin_elementwise_max(a, load_eight(x + j));
            b = __builtin_elementwise_max(b, load_eight(x + j + 8));
            c = __builtin_elementwise_max(c, load_eight(x + j + 16));
            d = __builtin_elementwise_max(d, load_eight(x + j + 24));
        }
        a = __builtin_elementwise_max(a, c);
        b = __builtin_elementwise_max(b, d);
    }
    for (; j < n; j += 16) {
        a = __builtin_elementwise_max(a, load_eight(x + j));
        b = __builtin_elementwise_max(b, load_eight(x + j + 8));
    }
    return __builtin_reduce_max(__builtin_elementwise_max(a, b));
}

typedef int32_t eight_words __attribute__((ext_vector_type(8)));

/// 2^x of x <= 0, or a little more, to 2 units in the last place (Cephes' polynomial); at least 2^-126.
WIDE_INLINE eight power_of_two(eight x) {
    FAST
    const eight least = -126.0f, rounder = 12582912.0f;
    x = x < least ? least : x;
    const eight shifted = x + rounder, r = x - (shifted - rounder);
    eight p = 1.535336188319500e-4f;
    p = p * r + 1.339887440266574e-3f;
    p = p * r + 9.618437357674640e-3f;
    p = p * r + 5.550332471162809e-2f;
    p = p * r + 2.402264791363012e-1f;
    p = p * r + 6.931472028550421e-1f;
    p = p * r + 1.0f;
    return (eight)((eight_words)p + ((eight_words)shifted << 23));
}

WIDE_INLINE float sum_of(eight x) {
    FAST
    float sum = 0;
    for (int i = 0; i < 8; i++) sum += x[i];
    return sum;
}

/// x = 2^(factor x - top) of n, a multiple of sixteen; returns the sum.
WIDE_INLINE float powers(int64_t n, float factor, float top, float *x) {
    FAST
    eight a = 0, b = 0;
    for (int64_t j = 0; j < n; j += 16) {
        const eight left = power_of_two(load_eight(x + j) * factor - top),
                    right = power_of_two(load_eight(x + j + 8) * factor - top);
        store_eight(left, x + j);
        store_eight(right, x + j + 8);
        a += left;
        b += right;
    }
    return sum_of(a + b);
}

/// The next multiple of sixteen.
INLINE int64_t padded(int64_t width) { return (width + COLUMNS - 1) / COLUMNS * COLUMNS; }

#endif
