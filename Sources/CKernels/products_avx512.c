// Products of float32 by a tile of sums in the registers of AVX-512; the right factor is laid out once for all threads.

#define LANES 16
#include "tiles.h"

#if defined(__x86_64__)

// A left panel of a depth (18 KB) stays in L1, a right one (48 KB) and all left ones of a block (432 KB) in L2.
enum { DEPTH = CK_PRODUCT_DEPTH, BLOCK = CK_PRODUCT_SCRATCH / DEPTH };
_Static_assert(ROWS == CK_PRODUCT_ROWS && COLUMNS == CK_PRODUCT_COLUMNS && BLOCK % ROWS == 0, "sizes of a tile");

int32_t ck_product_is_wide(void) { return prefers_wide(); }

TARGET void ck_product_pack(int32_t is_transposed, ck_matrix x, float *panels) {
    if (is_transposed) pack_rows(x, panels);
    else pack_columns(x, x.rows * COLUMNS, panels);
}

/// y[j][i] = x[i][j] of four rows of four.
TILE_INLINE void transpose_four(const float *x, int64_t stride, float *y, int64_t apart) {
    four rows[4];
    for (int i = 0; i < 4; i++) memcpy(&rows[i], x + i * stride, sizeof rows[i]);
    const four a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
    const four b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
    const four c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
    const four d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
    rows[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    rows[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    rows[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    rows[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
    for (int i = 0; i < 4; i++) memcpy(y + i * apart, &rows[i], sizeof rows[i]);
}

/// Panels [depth, ROWS] of the rows of a, whose element (i, k) lies at i * row + k * step, one of the two being 1; zero
/// behind the last.
TILE_INLINE void pack_left(int64_t rows, int64_t depth, const float *a, int64_t row, int64_t step, float *panels) {
    const int64_t across = row == 1 ? rows / ROWS * ROWS : 0;
    // Four at a time fill whole cache lines, before what lies a power of two apart pushes one another out of L1.
    for (int64_t k = 0; across && k < depth; k += 4)
        for (int64_t i = 0; i < across; i += ROWS)
            for (int64_t p = k; p < depth && p < k + 4; p++)
                memcpy(panels + i * depth + p * ROWS, a + i + p * step, ROWS * sizeof *panels);
    for (int64_t i = across; i < rows; i += ROWS) {
        const int64_t count = rows - i < ROWS ? rows - i : ROWS;
        const float *const from = a + i * row;
        float *to = panels + i * depth;
        int64_t k = 0;
        if (count == ROWS && step == 1)
            for (; k + 4 <= depth; k += 4, to += 4 * ROWS)
                for (int r = 0; r < ROWS; r += 4) transpose_four(from + r * row + k, row, to + r, ROWS);
        for (; k < depth; k++, to += ROWS)
            for (int r = 0; r < ROWS; r++) to[r] = r < count ? from[r * row + k * step] : 0;
    }
}

/// c = start + a b, or c += a b, of left panels and one right one, or two that lie `apart` floats apart, by tiles that many vectors wide.
TILE_INLINE void multiply_block(const int across, int64_t depth, const float *left, const float *right, int64_t apart,
                                const float *start, int adds_c, ck_matrix c) {
    const int tall = 2 * ROWS / across;
    for (int64_t i = 0; i < c.rows; i += tall) {
        const float *const panel = left + i / ROWS * ROWS * depth;
        float *const tile = c.data + i * c.stride;
        multiply_tile_onto(across, 1, depth, panel + i % ROWS, 1, ROWS, right, apart,
                           i / ROWS * ROWS + ROWS < c.rows ? panel + ROWS * depth : left, adds_c ? tile : start,
                           adds_c ? c.stride : 0, c.rows - i, c.columns, tile, c.stride);
    }
}

TARGET void ck_product_multiply(ck_product how, ck_matrix x, const float *panels, const float *start, ck_matrix c,
                                float *scratch) {
    const int64_t row = how.is_transposed ? 1 : x.stride, step = how.is_transposed ? x.stride : 1, depth = how.depth;
    // Blocks of one size: a small one would read all panels for few rows.
    const int64_t blocks = (c.rows + BLOCK - 1) / BLOCK, tiles = (c.rows + ROWS - 1) / ROWS;
    // Once without any depth too, since c must be written.
    int64_t k = 0;
    do {
        const int64_t part = depth - k < DEPTH ? depth - k : DEPTH;
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t first = block * tiles / blocks * ROWS, end = (block + 1) * tiles / blocks * ROWS;
            const ck_matrix to = rows_of(c, first, end - first);
            pack_left(to.rows, part, x.data + first * row + k * step, row, step, scratch);
            int64_t j = 0;
            for (; how.is_wide && j + 2 * COLUMNS <= c.columns; j += 2 * COLUMNS)
                multiply_block(4, part, scratch, panels + j * depth + k * COLUMNS, depth * COLUMNS, start ? start + j : 0,
                               how.accumulates || k > 0, (ck_matrix){to.data + j, to.rows, 2 * COLUMNS, to.stride});
            for (; j < c.columns; j += COLUMNS)
                multiply_block(2, part, scratch, panels + j * depth + k * COLUMNS, 0, start ? start + j : 0,
                               how.accumulates || k > 0,
                               (ck_matrix){to.data + j, to.rows, c.columns - j < COLUMNS ? c.columns - j : COLUMNS, to.stride});
        }
        k += DEPTH;
    } while (k < depth);
}

#else

int32_t ck_product_is_wide(void) { return 0; }

void ck_product_pack(int32_t is_transposed, ck_matrix x, float *panels) { __builtin_trap(); }

void ck_product_multiply(ck_product how, ck_matrix x, const float *panels, const float *start, ck_matrix c,
                         float *scratch) {
    __builtin_trap();
}

#endif
