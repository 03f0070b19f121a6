// Products of tiles in registers, ROWS rows by two vectors of LANES columns, and powers of two, for whoever includes it: six rows of
// eight lanes fill the sixteen registers of AVX2, twelve of sixteen most of the thirty-two of AVX-512.
// The right operand lies in panels of COLUMNS columns, in the order in which a product reads it.

#include "lanes.h"

#if LANES == 16
#define TARGET WIDEST
enum { ROWS = 12 };
#else
#define TARGET WIDE
enum { ROWS = 6 };
#endif
// Sums stay in registers only where the compiler knows each by its number.
#define UNROLLED _Pragma("clang loop unroll(full)")
#define TILE_INLINE static inline __attribute__((always_inline)) TARGET

enum { COLUMNS = 2 * LANES };

typedef float vector __attribute__((ext_vector_type(LANES)));
typedef float vector_anywhere __attribute__((ext_vector_type(LANES), aligned(4)));
typedef float eight_anywhere __attribute__((ext_vector_type(8), aligned(4)));

TILE_INLINE vector load_vector(const float *x) { return *(const vector_anywhere *)x; }
TILE_INLINE void store_vector(vector x, float *y) { *(vector_anywhere *)y = x; }
TILE_INLINE eight load_eight(const float *x) { return *(const eight_anywhere *)x; }
TILE_INLINE void store_eight(eight x, float *y) { *(eight_anywhere *)y = x; }

/// At most so many rows from `first` on.
TILE_INLINE ck_matrix rows_of(ck_matrix x, int64_t first, int64_t most) {
    const int64_t left = x.rows - first;
    return (ck_matrix){x.data + first * x.stride, left < most ? left : most, x.columns, x.stride};
}

/// Whether tiles of half as many rows by twice as many columns are faster, whose sums have the same bits: they load ten times for 24
/// products in the place of fourteen, from panels that are twice as far. Measured on an Emerald Rapids, whose cores
/// have two threads each, which share what loads.
INLINE int prefers_wide(void) {
#if LANES == 16 && defined(__x86_64__)
    return __builtin_cpu_is("intel") != 0;
#else
    return 0;
#endif
}

/// c = a b, or c = base + a b unless base is null: 2 * ROWS / `across` rows of a, whose element (i, k) lies at i * row + k * step, by
/// `across` vectors of columns, of panels [depth, COLUMNS] that lie `apart` floats apart. Only `rows` by `columns` of c are touched.
/// Rows of base are `base_stride` floats apart; it may be c.
/// Where it is far, `next` is what rows of a come after these, and is read ahead, as c is.
TILE_INLINE void multiply_tile_onto(const int across, const int is_far, int64_t depth, const float *a, const int64_t row,
                                    const int64_t step, const float *panel, int64_t apart, const float *next,
                                    const float *base, int64_t base_stride, int64_t rows, int64_t columns, float *c,
                                    int64_t stride) {
    // Every sum is of fused products in the order of k, whatever the tile.
    vector sums[2 * ROWS], right[4];
    UNROLLED for (int i = 0; i < 2 * ROWS; i++) {
        sums[i] = 0;
        if (is_far) __builtin_prefetch(c + i / across * stride + i % across * LANES, 1);
    }
    // Two at a time: each has few instructions beside its products.
    _Pragma("clang loop unroll_count(2)") for (int64_t k = 0; k < depth; k++, a += step, panel += COLUMNS) {
        if (is_far) __builtin_prefetch(next + k * step);
        UNROLLED for (int j = 0; j < across; j++) right[j] = load_vector(panel + j / 2 * apart + j % 2 * LANES);
        UNROLLED for (int i = 0; i < 2 * ROWS / across; i++) {
            const vector factor = a[i * row];
            UNROLLED for (int j = 0; j < across; j++)
                sums[i * across + j] = __builtin_elementwise_fma(factor, right[j], sums[i * across + j]);
        }
    }
    UNROLLED for (int i = 0; i < 2 * ROWS / across; i++) {
        if (i >= rows) continue;
        float *const to = c + i * stride;
        const float *const from = base ? base + i * base_stride : 0;
        UNROLLED for (int j = 0; j < across; j++) {
            const int64_t lanes = columns - j * LANES;
            vector sum = sums[i * across + j];
            if (lanes >= LANES) {
                if (from) sum += load_vector(from + j * LANES);
                store_vector(sum, to + j * LANES);
            } else {
                for (int64_t lane = 0; lane < lanes; lane++)
                    to[j * LANES + lane] = (from ? from[j * LANES + lane] : 0) + sum[lane];
            }
        }
    }
}

/// As above all rows of c, and the columns of one panel, or of two where tiles are four vectors across.
TILE_INLINE void multiply_panel(const int across, int64_t depth, const float *a, const int64_t row, const int64_t step,
                                const float *panel, int64_t apart, int32_t accumulates, ck_matrix c) {
    const int tall = 2 * ROWS / across;
    for (int64_t i = 0; i < c.rows; i += tall) {
        float *const to = c.data + i * c.stride;
        multiply_tile_onto(across, 0, depth, a + i * row, row, step, panel, apart, 0, accumulates ? to : 0,
                           accumulates ? c.stride : 0, c.rows - i, c.columns, to, c.stride);
    }
}

/// c = a b, or c += a b, of panels [depth, COLUMNS] that lie `apart` floats apart.
TILE_INLINE void multiply_tiles(int64_t depth, const float *a, const int64_t row, const int64_t step,
                                const float *panels, int64_t apart, int32_t accumulates, ck_matrix c) {
    int64_t j = 0;
    for (; prefers_wide() && j + 2 * COLUMNS <= c.columns; j += 2 * COLUMNS, panels += 2 * apart)
        multiply_panel(4, depth, a, row, step, panels, apart, accumulates,
                       (ck_matrix){c.data + j, c.rows, 2 * COLUMNS, c.stride});
    for (; j < c.columns; j += COLUMNS, panels += apart)
        multiply_panel(2, depth, a, row, step, panels, apart, accumulates,
                       (ck_matrix){c.data + j, c.rows, c.columns - j < COLUMNS ? c.columns - j : COLUMNS, c.stride});
}

/// c = aᵀ b, or c += aᵀ b, of a [depth, rows of c] with this stride: ROWS of its columns stay in L1 for all panels.
TILE_INLINE void multiply_across(int64_t depth, const float *a, const int64_t stride, const float *panels,
                                 int64_t apart, int32_t accumulates, ck_matrix c) {
    for (int64_t i = 0; i < c.rows; i += ROWS)
        multiply_tiles(depth, a + i, 1, stride, panels, apart, accumulates, rows_of(c, i, ROWS));
}

/// Panels [rows, COLUMNS] of the columns of x, `apart` floats apart; zero behind the last.
TILE_INLINE void pack_columns(ck_matrix x, int64_t apart, float *panels) {
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

/// Panels [columns, COLUMNS] of the rows of x, behind one another; zero behind the last.
TILE_INLINE void pack_rows(ck_matrix x, float *panels) {
    for (int64_t i = 0; i < x.rows; i += COLUMNS, panels += x.columns * COLUMNS)
        for (int64_t part = 0; part < COLUMNS; part += 8) {
            const float *from = x.data + (i + part) * x.stride;
            const int64_t rows = x.rows - i - part;
            float *to = panels + part;
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

/// The rows of x, [rows, columns] side by side, and zeros up to a multiple of ROWS rows.
TILE_INLINE void pad_rows(ck_matrix x, float *y) {
    for (int64_t i = 0; i < x.rows; i++, y += x.columns) {
        const float *from = x.data + i * x.stride;
        int64_t j = 0;
        for (; j + 8 <= x.columns; j += 8) store_eight(load_eight(from + j), y + j);
        for (; j < x.columns; j++) y[j] = from[j];
    }
    memset(y, 0, (size_t)((ROWS - x.rows % ROWS) % ROWS * x.columns) * sizeof *y);
}

/// The largest of n, a multiple of COLUMNS.
TILE_INLINE float largest_of(int64_t n, const float *x) {
    vector a = load_vector(x), b = load_vector(x + LANES);
    int64_t j = COLUMNS;
    if (n >= 2 * COLUMNS) {
        vector c = load_vector(x + COLUMNS), d = load_vector(x + COLUMNS + LANES);
        for (j = 2 * COLUMNS; j + 2 * COLUMNS <= n; j += 2 * COLUMNS) {
            a = __builtin_elementwise_max(a, load_vector(x + j));
            b = __builtin_elementwise_max(b, load_vector(x + j + LANES));
            c = __builtin_elementwise_max(c, load_vector(x + j + COLUMNS));
            d = __builtin_elementwise_max(d, load_vector(x + j + COLUMNS + LANES));
        }
        a = __builtin_elementwise_max(a, c);
        b = __builtin_elementwise_max(b, d);
    }
    for (; j < n; j += COLUMNS) {
        a = __builtin_elementwise_max(a, load_vector(x + j));
        b = __builtin_elementwise_max(b, load_vector(x + j + LANES));
    }
    return __builtin_reduce_max(__builtin_elementwise_max(a, b));
}

typedef int32_t vector_words __attribute__((ext_vector_type(LANES)));

/// 2^x of x <= 0, or a little more, to 2 units in the last place (Cephes' polynomial); at least 2^-126.
TILE_INLINE vector power_of_two(vector x) {
    FAST
    const vector least = -126.0f, rounder = 12582912.0f;
    x = x < least ? least : x;
    const vector shifted = x + rounder, r = x - (shifted - rounder);
    vector p = 1.535336188319500e-4f;
    p = p * r + 1.339887440266574e-3f;
    p = p * r + 9.618437357674640e-3f;
    p = p * r + 5.550332471162809e-2f;
    p = p * r + 2.402264791363012e-1f;
    p = p * r + 6.931472028550421e-1f;
    p = p * r + 1.0f;
    return (vector)((vector_words)p + ((vector_words)shifted << 23));
}

TILE_INLINE float sum_of(vector x) {
    FAST
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += x[i];
    return sum;
}

/// x = 2^(factor x - top) of n, a multiple of COLUMNS; returns the sum.
TILE_INLINE float powers(int64_t n, float factor, float top, float *x) {
    FAST
    vector a = 0, b = 0;
    for (int64_t j = 0; j < n; j += COLUMNS) {
        const vector left = power_of_two(load_vector(x + j) * factor - top),
                     right = power_of_two(load_vector(x + j + LANES) * factor - top);
        store_vector(left, x + j);
        store_vector(right, x + j + LANES);
        a += left;
        b += right;
    }
    return sum_of(a + b);
}

/// The next multiple of COLUMNS.
INLINE int64_t padded(int64_t width) { return (width + COLUMNS - 1) / COLUMNS * COLUMNS; }
