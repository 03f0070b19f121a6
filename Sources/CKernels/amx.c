// Products of bf16 panels by AMX: four tiles of the result, 32 x 32, stay in registers while two tiles of left rows are
// multiplied with two of right columns, 32 numbers deep.

#include "kernels.h"

#if defined(__x86_64__)
#include "tile_registers.h"

enum { SIDE = 16, BLOCK = 2 * SIDE, TILE = SIDE * SIDE, RIGHT = CK_BF16_RIGHT };

#define AMX_INLINE static inline __attribute__((always_inline)) AMX

// Tiles of depth at a time: beside a right panel of them (16 KB) two left ones (16 KB) stream from L2 through L1.
#ifndef CK_AMX_DEPTH
#define CK_AMX_DEPTH 8
#endif
// Left tiles that are fetched ahead of their use, and cache lines of the right panel that comes next with each of them.
#ifndef CK_AMX_AHEAD
#define CK_AMX_AHEAD 2
#endif
#ifndef CK_AMX_LINES
#define CK_AMX_LINES 4
#endif
// A part of the result at a time (512 KB), which stays in L2 with what it is of, since it is read and written with each depth.
enum { ROWS = 8 * BLOCK, COLUMNS = 16 * BLOCK };

/// What is multiplied: two left panels, so many words apart, and a right one; and, to be fetched, the left ones that come next and
/// a part of the right one.
typedef struct {
    const uint32_t *left, *right, *next_left, *next_right;
    int64_t tiles, below;
} operands;

/// Adds to the sums in tiles 0 and, as far as there are, 1 (beside), 2 (below) and 3.
AMX_INLINE void add_products(const operands *x, int is_tall, int is_wide) {
    const uint32_t *left = x->left, *right = x->right, *coming = x->next_right;
    const int64_t tiles = x->tiles, below = x->below;
    for (int64_t t = 0; t < tiles; t++, left += TILE, right += SIDE * RIGHT) {
        const uint32_t *ahead = t + CK_AMX_AHEAD < tiles ? left + CK_AMX_AHEAD * TILE
                                                         : x->next_left + (t + CK_AMX_AHEAD - tiles) * TILE;
        for (int line = 0; line < CK_AMX_LINES; line++, coming += SIDE) __builtin_prefetch(coming, 0, 2);
        tile_load(6, right, 4 * RIGHT);
        tile_load(4, left, 4 * SIDE);
        tile_multiply(0, 4, 6);
        if (is_wide) {
            tile_load(7, right + SIDE, 4 * RIGHT);
            tile_multiply(1, 4, 7);
        }
        if (CK_AMX_AHEAD) {
            for (int row = 0; row < SIDE; row++) __builtin_prefetch(ahead + row * SIDE);
        }
        if (is_tall) {
            tile_load(5, left + below, 4 * SIDE);
            tile_multiply(2, 5, 6);
            if (is_wide) tile_multiply(3, 5, 7);
            if (CK_AMX_AHEAD) {
                for (int row = 0; row < SIDE; row++) __builtin_prefetch(ahead + below + row * SIDE);
            }
        }
    }
}

/// The sums begin as c has them, whose rows are `apart` floats apart; each with one row where that is nothing.
AMX_INLINE void load_sums(const float *c, int64_t apart, int is_tall, int is_wide) {
    tile_load(0, c, 4 * apart);
    if (is_wide) tile_load(1, c + SIDE, 4 * apart);
    if (is_tall) tile_load(2, c + SIDE * apart, 4 * apart);
    if (is_tall && is_wide) tile_load(3, c + SIDE * apart + SIDE, 4 * apart);
}

AMX_INLINE void store_sums(float *c, int64_t apart, int is_tall, int is_wide) {
    tile_store(0, c, 4 * apart);
    if (is_wide) tile_store(1, c + SIDE, 4 * apart);
    if (is_tall) tile_store(2, c + SIDE * apart, 4 * apart);
    if (is_tall && is_wide) tile_store(3, c + SIDE * apart + SIDE, 4 * apart);
}

/// The first `rows` rows and `columns` columns of a block of the result, on top of `start`, of c, or of zeros.
AMX_INLINE void block(const operands *x, const float *start, int adds_c, int64_t rows, int64_t columns, float *c,
                      int64_t apart, int is_tall, int is_wide) {
    _Alignas(64) float edge[BLOCK * BLOCK];
    const int is_whole = rows >= (is_tall ? BLOCK : SIDE) && columns >= (is_wide ? BLOCK : SIDE);
    const int64_t bytes = 4 * (columns < BLOCK ? columns : BLOCK);
    if (rows > BLOCK) rows = BLOCK;
    if (!is_whole) {
        // What is beyond the edge is zero too.
        memset(edge, 0, sizeof edge);
        if (start) memcpy(edge, start, bytes), start = edge;
        for (int64_t i = 0; adds_c && i < rows; i++) memcpy(edge + i * BLOCK, c + i * apart, bytes);
    }
    if (start) load_sums(start, 0, is_tall, is_wide);
    else if (adds_c) load_sums(is_whole ? c : edge, is_whole ? apart : BLOCK, is_tall, is_wide);
    else tile_zero(0), tile_zero(1), tile_zero(2), tile_zero(3);
    add_products(x, is_tall, is_wide);
    if (is_whole) {
        store_sums(c, apart, is_tall, is_wide);
        return;
    }
    store_sums(edge, BLOCK, is_tall, is_wide);
    for (int64_t i = 0; i < rows; i++) memcpy(c + i * apart, edge + i * BLOCK, bytes);
}

/// Packs gelu of a block of c, from row i and column j on, while it is in L1.
static void pack_gelu(ck_matrix block, int64_t i, int64_t j, const ck_gelu_panels *gelu) {
    float values[BLOCK * BLOCK];
    for (int64_t row = 0; row < block.rows; row++) {
        ck_gelu(block.columns, block.data + row * block.stride, values + row * BLOCK);
    }
    const ck_matrix x = {values, block.rows, block.columns, BLOCK};
    i += gelu->row, j += gelu->column;
    ck_bf16_pack(1, 0, x, j / 2, gelu->columns, (uint32_t *)gelu->left + i * ck_bf16_pairs(gelu->columns));
    if (!gelu->right) return;
    ck_bf16_pack(0, 1, x, i / 2, gelu->rows, (uint32_t *)gelu->right + j * ck_bf16_pairs(gelu->rows));
}

AMX void ck_amx_multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start,
                         int accumulates, ck_matrix c, const ck_gelu_panels *gelu) {
    const int64_t pairs = ck_bf16_pairs(depth), all = pairs / SIDE, below = SIDE * pairs;
    // Where a right panel is read once, all of it is.
    const int64_t step = c.rows > BLOCK || all < CK_AMX_DEPTH ? CK_AMX_DEPTH : all;
    tiles_begin();
    for (int64_t jj = 0; jj < c.columns; jj += COLUMNS) {
        const int64_t width = c.columns < jj + COLUMNS ? c.columns : jj + COLUMNS;
        for (int64_t ii = 0; ii < c.rows; ii += ROWS) {
            const int64_t height = c.rows < ii + ROWS ? c.rows : ii + ROWS;
            // Once without any depth too, since c must be written.
            for (int64_t t = 0; t == 0 || t < all; t += step) {
                const int64_t tiles = all - t < step ? all - t : step;
                for (int64_t j = jj; j < width; j += BLOCK) {
                    operands x = {.right = right + j * pairs + t * SIDE * RIGHT, .tiles = tiles, .below = below};
                    const uint32_t *const next = j + BLOCK < width ? x.right + BLOCK * pairs
                                                                   : right + jj * pairs + (t + tiles) * SIDE * RIGHT;
                    for (int64_t i = ii; i < height; i += BLOCK) {
                        const int64_t rows = height - i, columns = width - j;
                        x.left = left + i * pairs + t * TILE;
                        x.next_left = i + BLOCK < height ? x.left + 2 * below : left + ii * pairs + t * TILE;
                        x.next_right = next + (i - ii) / BLOCK * tiles * CK_AMX_LINES * SIDE;
                        const float *const row = start && t == 0 ? start + j : 0;
                        float *const to = c.data + i * c.stride + j;
                        const int adds = accumulates || t > 0;
                        if (rows > SIDE && columns > SIDE) {
                            block(&x, row, adds, rows, columns, to, c.stride, 1, 1);
                        } else if (rows > SIDE) {
                            block(&x, row, adds, rows, columns, to, c.stride, 1, 0);
                        } else if (columns > SIDE) {
                            block(&x, row, adds, rows, columns, to, c.stride, 0, 1);
                        } else {
                            block(&x, row, adds, rows, columns, to, c.stride, 0, 0);
                        }
                        if (gelu && t + tiles >= all) {
                            const ck_matrix made = {to, rows < BLOCK ? rows : BLOCK, columns < BLOCK ? columns : BLOCK,
                                                    c.stride};
                            pack_gelu(made, i, j, gelu);
                        }
                    }
                }
            }
        }
    }
    tiles_end();
}

#else

void ck_amx_multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start, int accumulates,
                     ck_matrix c, const ck_gelu_panels *gelu) {
    __builtin_trap();
}

#endif
