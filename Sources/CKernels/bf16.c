// Products of bf16 numbers, summed in fp32 by AVX512-BF16's dot product of pairs, by fused products (bf16_fused.h) where they are
// faster, or by AMX (amx.c). A tile of the result stays in 24 registers while one pair of every left row is multiplied with two
// registers of right columns; panels lay the pairs out in the order in which it reads them.

#define _GNU_SOURCE  // clock_gettime
#include "kernels.h"

#if defined(__x86_64__)
#include "bf16_fused.h"

int64_t ck_bf16_pairs(int64_t depth) { return ck_amx() > 0 ? (depth + 31) / 32 * 16 : (depth + 1) / 2; }

int32_t ck_bf16_left(void) { return ck_amx() > 0 ? LANES : LEFT; }

BF16 void ck_bf16_pack(int32_t is_left, int32_t is_across, ck_matrix x, int64_t begin, int64_t depth, void *packed) {
    const int64_t count = is_across ? x.columns : x.rows, own = is_across ? x.rows : x.columns;
    const int64_t pairs = ck_bf16_pairs(depth);
    const int64_t filled = 2 * begin + own < depth ? (own + 1) / 2 : pairs - begin;
    if (is_left && ck_amx() > 0) {
        if (is_across) pack_tiles_across(count, own, x.data, x.stride, begin, filled, pairs, packed);
        else pack_tiles_along(count, own, x.data, x.stride, begin, filled, pairs, packed);
        return;
    }
    uint32_t *const to = (uint32_t *)packed + begin * (is_left ? LEFT : RIGHT);
    // The width must be a constant of each copy.
    if (is_left && is_across) pack_across(count, own, x.data, x.stride, LEFT, filled, pairs, to);
    else if (is_left) pack_along(count, own, x.data, x.stride, LEFT, filled, pairs, to);
    else if (is_across) pack_across(count, own, x.data, x.stride, RIGHT, filled, pairs, to);
    else pack_along(count, own, x.data, x.stride, RIGHT, filled, pairs, to);
}

/// Writes what of a tile is inside of c, or adds it to that; row i is sums[2 * i] and sums[2 * i + 1].
BF16_INLINE void keep(const __m512 sums[2 * LEFT], int adds_c, ck_matrix c) {
    const __mmask16 low = first(c.columns), high = first(c.columns - LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) {
        if (i >= c.rows) break;
        float *row = c.data + i * c.stride;
        __m512 left = sums[2 * i], right = sums[2 * i + 1];
        if (adds_c) {
            left = _mm512_add_ps(left, _mm512_maskz_loadu_ps(low, row));
            right = _mm512_add_ps(right, _mm512_maskz_loadu_ps(high, row + LANES));
        }
        _mm512_mask_storeu_ps(row, low, left);
        _mm512_mask_storeu_ps(row + LANES, high, right);
    }
}

/// The sums of a tile begin with `start`, unless null, in every row.
BF16_INLINE tile_row first_row(const float *start, int64_t columns) {
    if (!start) return (tile_row){_mm512_setzero_ps(), _mm512_setzero_ps()};
    return (tile_row){_mm512_maskz_loadu_ps(first(columns), start),
                      _mm512_maskz_loadu_ps(first(columns - LANES), start + LANES)};
}

BF16_INLINE void prefetch_tile(ck_matrix c) {
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) {
        __builtin_prefetch(c.data + i * c.stride, 1);
        __builtin_prefetch(c.data + i * c.stride + LANES, 1);
    }
}

/// A tile of LEFT x RIGHT sums over `pairs`, on top of `start` or of c. `next` is the left panel that comes after.
BF16_INLINE void tile(int64_t pairs, const uint32_t *left, const uint32_t *right, const float *start, int adds_c,
                      ck_matrix c, const uint32_t *next) {
    __m512 sums[2 * LEFT];
    const tile_row begin = first_row(start, c.columns);
    prefetch_tile(c);
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) sums[2 * i] = begin.low, sums[2 * i + 1] = begin.high;
    for (int64_t p = 0; p < pairs; p++, left += LEFT, next += LEFT, right += RIGHT) {
        __builtin_prefetch(next);
        const __m512bh low_right = (__m512bh)_mm512_loadu_si512(right);
        const __m512bh high_right = (__m512bh)_mm512_loadu_si512(right + LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < LEFT; i++) {
            const __m512bh pair = (__m512bh)_mm512_set1_epi32((int)left[i]);
            sums[2 * i] = _mm512_dpbf16_ps(sums[2 * i], pair, low_right);
            sums[2 * i + 1] = _mm512_dpbf16_ps(sums[2 * i + 1], pair, high_right);
        }
    }
    keep(sums, adds_c, c);
}

/// The same by fused products, of a left panel in float32.
BF16_INLINE void fused_tile(int64_t pairs, const float *left, const uint32_t *right, const float *start, int adds_c,
                            ck_matrix c, const float *next) {
    __m512 sums[2 * LEFT];
    prefetch_tile(c);
    // Sums that are added to c keep denormals, as those of `tile` do.
    const unsigned control = _mm_getcsr();
    _mm_setcsr(FLUSHING);
    sum_fused(pairs, left, next, right, first_row(start, c.columns), sums);
    _mm_setcsr(control);
    keep(sums, adds_c, c);
}

/// Where gelu of a product goes: words of left panels and, unless null, right ones, and the pairs of either.
typedef struct {
    uint32_t *left, *right;
    int64_t left_pairs, right_pairs;
} gelu_words;

/// Packs gelu of a tile, which begins in row i and column j of the product, while it is in L1.
BF16_INLINE void pack_gelu(ck_matrix c, int64_t i, int64_t j, gelu_words gelu) {
    const int64_t rows = c.rows < LEFT ? c.rows : LEFT, columns = c.columns < RIGHT ? c.columns : RIGHT;
    float tile[LEFT * RIGHT];
    for (int64_t row = 0; row < rows; row++) ck_gelu(columns, c.data + row * c.stride, tile + row * RIGHT);
    pack_along(rows, columns, tile, RIGHT, LEFT, (columns + 1) / 2, gelu.left_pairs,
               gelu.left + i * gelu.left_pairs + j / 2 * LEFT);
    if (!gelu.right) return;
    pack_across(columns, rows, tile, RIGHT, RIGHT, (rows + 1) / 2, gelu.right_pairs,
                gelu.right + j * gelu.right_pairs + i / 2 * RIGHT);
}

/// Whether there is a left one of `gelu` is a constant of each copy: with the branch in it the loop of a plain product is 2% slower.
/// So is `widened`: room for left panels in float32, for fused products, or null.
BF16_INLINE void multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start, int accumulates,
                          ck_matrix c, gelu_words gelu, float *const widened) {
    const int64_t pairs = (depth + 1) / 2, at_once = widened ? WIDENED : ROWS;
    int64_t p = 0;
    // Once without any depth too, since c must be written.
    do {
        const int64_t part = pairs - p < DEPTH / 2 ? pairs - p : DEPTH / 2;
        for (int64_t block = 0; block < c.rows; block += at_once) {
            const int64_t end = c.rows < block + at_once ? c.rows : block + at_once;
            for (int64_t i = block; widened && i < end; i += LEFT)
                widen(part, left + i * pairs + p * LEFT, widened + (i - block) * DEPTH);
            for (int64_t j = 0; j < c.columns; j += RIGHT) {
                const uint32_t *const right_panel = right + j * pairs + p * RIGHT;
                const float *const row = start && p == 0 ? start + j : 0;
                for (int64_t i = block; i < end; i += LEFT) {
                    const ck_matrix to = {c.data + i * c.stride + j, end - i, c.columns - j, c.stride};
                    if (widened) {
                        const float *const panel = widened + (i - block) * DEPTH;
                        fused_tile(part, panel, right_panel, row, accumulates || p > 0, to,
                                   i + LEFT < end ? panel + LEFT * DEPTH : widened);
                    } else {
                        const uint32_t *const panel = left + i * pairs + p * LEFT;
                        tile(part, panel, right_panel, row, accumulates || p > 0, to, panel + LEFT * pairs);
                    }
                    if (gelu.left && p + part == pairs) pack_gelu(to, i, j, gelu);
                }
            }
        }
        p += DEPTH / 2;
    } while (p < pairs);
}

BF16 __attribute__((noinline)) static void multiply_fused(int64_t depth, const uint32_t *left, const uint32_t *right,
                                                          const float *start, int accumulates, ck_matrix c,
                                                          gelu_words gelu) {
    _Alignas(64) float widened[WIDENED * DEPTH];
    if (gelu.left) multiply(depth, left, right, start, accumulates, c, gelu, widened);
    else multiply(depth, left, right, start, accumulates, c, (gelu_words){0}, widened);
}

static int32_t ask_whether_fused(void) {
    const char *wanted = getenv("YOSO_KERNELS");
    if (!ck_has_bf16() || ck_amx() > 0 || (wanted && strcmp(wanted, "AVX512-BF16") == 0)) return 0;
    return (wanted && strcmp(wanted, "AVX512-FMA") == 0) || measure_fused();
}

int32_t ck_bf16_is_fused(void) {
    static _Atomic int32_t answer = UNKNOWN;
    return asked_once(&answer, ask_whether_fused);
}

BF16 void ck_bf16_multiply(int32_t is_fused, int64_t depth, const void *left, const void *right, const float *start,
                           int32_t accumulates, ck_matrix c) {
    if (ck_amx() > 0) {
        ck_tile_multiply(depth, left, right, start, accumulates, c, 0);
        return;
    }
    const gelu_words none = {0};
    if (is_fused) multiply_fused(depth, left, right, start, accumulates, c, none);
    else multiply(depth, left, right, start, accumulates, c, none, 0);
}

BF16 void ck_bf16_multiply_gelu(int32_t is_fused, int64_t depth, const void *left, const void *right, const float *start,
                                ck_matrix c, ck_gelu_panels gelu) {
    if (ck_amx() > 0) {
        ck_tile_multiply(depth, left, right, start, 0, c, &gelu);
        return;
    }
    gelu_words to = {.left_pairs = ck_bf16_pairs(gelu.columns), .right_pairs = ck_bf16_pairs(gelu.rows)};
    to.left = (uint32_t *)gelu.left + gelu.row * to.left_pairs + gelu.column / 2 * LEFT;
    to.right = gelu.right ? (uint32_t *)gelu.right + gelu.column * to.right_pairs + gelu.row / 2 * RIGHT : 0;
    if (is_fused) multiply_fused(depth, left, right, start, 0, c, to);
    else multiply(depth, left, right, start, 0, c, to, 0);
}

#else

int64_t ck_bf16_pairs(int64_t depth) { return (depth + 1) / 2; }

int32_t ck_bf16_left(void) { return CK_BF16_LEFT; }

void ck_bf16_pack(int32_t is_left, int32_t is_across, ck_matrix x, int64_t begin, int64_t depth, void *packed) {
    __builtin_trap();
}

int32_t ck_bf16_is_fused(void) { return 0; }

void ck_bf16_multiply(int32_t is_fused, int64_t depth, const void *left, const void *right, const float *start,
                      int32_t accumulates, ck_matrix c) {
    __builtin_trap();
}

void ck_bf16_multiply_gelu(int32_t is_fused, int64_t depth, const void *left, const void *right, const float *start,
                           ck_matrix c, ck_gelu_panels gelu) {
    __builtin_trap();
}

#endif
