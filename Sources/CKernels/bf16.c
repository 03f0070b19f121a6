// Products of bf16 numbers, summed in fp32 by AVX512-BF16's dot product of pairs, or by AMX (amx.c). A tile of the result stays
// in 24 registers while one pair of every left row is multiplied with two registers of right columns; panels lay the pairs
// out in the order in which it reads them.

#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { LEFT = CK_BF16_LEFT, RIGHT = CK_BF16_RIGHT, LANES = 16 };

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define BF16_INLINE static inline __attribute__((always_inline)) BF16

// Depth at a time: beside a left panel of it (18 KB), a right one (48 KB) streams from L2; a shorter depth would write and
// read sums more often.
enum { DEPTH = 768 };
// Rows at a time, whose left panels of one depth stay in L2.
enum { ROWS = 24 * LEFT };

/// The pairs (a[i], b[i]) of 16 floats each, as sixteen words of two bf16 numbers.
BF16_INLINE __m512i interleave(__m512 a, __m512 b) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(b, a));
}

BF16_INLINE __mmask16 first(int64_t count) {
    return count >= LANES ? 0xffff : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

/// Panels of numbers that lie side by side along the panel: x[p * stride + i]; `filled` pairs, zero behind the depth.
BF16_INLINE void pack_across(int64_t count, int64_t depth, const float *x, int64_t stride, int width, int64_t filled,
                             int64_t pairs, uint32_t *packed) {
    // A few rows at a time: whole cache lines are used before rows a power of two apart push one another out of L1.
    for (int64_t block = 0; block < filled; block += 4) {
        const int64_t end = filled < block + 4 ? filled : block + 4;
        for (int64_t i = 0; i < count; i += width) {
            uint32_t *panel = packed + i * pairs;
            for (int64_t pair = block; pair < end; pair++) {
                for (int lane = 0; lane < width; lane += LANES) {
                    const int64_t left = count - i - lane, room = width - lane;
                    const __mmask16 mask = first(left < room ? left : room);
                    const float *row = x + 2 * pair * stride + i + lane;
                    const __m512 even = _mm512_maskz_loadu_ps(2 * pair < depth ? mask : 0, row);
                    const __m512 odd = _mm512_maskz_loadu_ps(2 * pair + 1 < depth ? mask : 0, row + stride);
                    _mm512_mask_storeu_epi32(panel + pair * width + lane, first(room), interleave(even, odd));
                }
            }
        }
    }
}

/// rows[i][j] becomes rows[j][i].
BF16_INLINE void transpose(__m512i rows[LANES]) {
    __m512i t[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i += 4) {
        rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0xdd);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        rows[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
        rows[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
        rows[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
    }
}

/// Panels of numbers that lie side by side along the depth: x[i * stride + p].
BF16_INLINE void pack_along(int64_t count, int64_t depth, const float *x, int64_t stride, int width, int64_t filled,
                            int64_t pairs, uint32_t *packed) {
    for (int64_t i = 0; i < count; i += width, packed += pairs * width) {
        for (int64_t p = 0; p < 2 * filled; p += 2 * LANES) {
            const __mmask16 low = first(depth - p), high = first(depth - p - LANES);
            for (int lane = 0; lane < width; lane += LANES) {
                __m512i words[LANES];
#pragma clang loop unroll(full)
                for (int row = 0; row < LANES; row++) {
                    const int64_t index = i + lane + row;
                    const int isThere = index < count && lane + row < width;
                    const float *from = x + (isThere ? index : 0) * stride + p;
                    words[row] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(isThere ? high : 0, from + LANES),
                                                             _mm512_maskz_loadu_ps(isThere ? low : 0, from));
                }
                transpose(words);
                const int64_t there = filled - p / 2 < LANES ? filled - p / 2 : LANES;
                uint32_t *to = packed + p / 2 * width + lane;
                const __mmask16 mask = first(width - lane);
#pragma clang loop unroll(full)
                for (int pair = 0; pair < LANES; pair++) {
                    if (pair < there) _mm512_mask_storeu_epi32(to + pair * width, mask, words[pair]);
                }
            }
        }
    }
}

/// As pack_across for AMX, whose left panels are tiles of 16 rows by 16 pairs; pair `begin` of them is the first.
BF16_INLINE void pack_tiles_across(int64_t count, int64_t depth, const float *x, int64_t stride, int64_t begin,
                                   int64_t filled, int64_t pairs, uint32_t *packed) {
    for (int64_t pair = 0, end; pair < filled; pair = end) {
        const int64_t place = begin + pair, lane = place % LANES;
        end = filled < pair + LANES - lane ? filled : pair + LANES - lane;
        for (int64_t i = 0; i < count; i += LANES) {
            __m512i words[LANES];
#pragma clang loop unroll(full)
            for (int t = 0; t < LANES; t++) {
                const int64_t p = 2 * (pair + t);
                const __mmask16 mask = pair + t < end ? first(count - i) : 0;
                const float *row = x + (mask ? p : 0) * stride + i;
                words[t] = interleave(_mm512_maskz_loadu_ps(p < depth ? mask : 0, row),
                                      _mm512_maskz_loadu_ps(p + 1 < depth ? mask : 0, row + stride));
            }
            transpose(words);
            uint32_t *to = packed + i * pairs + (place - lane) * LANES + lane;
#pragma clang loop unroll(full)
            for (int row = 0; row < LANES; row++) {
                _mm512_mask_storeu_epi32(to + row * LANES, first(end - pair), words[row]);
            }
        }
    }
}

/// As pack_along for AMX.
BF16_INLINE void pack_tiles_along(int64_t count, int64_t depth, const float *x, int64_t stride, int64_t begin,
                                  int64_t filled, int64_t pairs, uint32_t *packed) {
    for (int64_t i = 0; i < count; i += LANES, packed += pairs * LANES) {
        for (int64_t pair = 0, end; pair < filled; pair = end) {
            const int64_t place = begin + pair, lane = place % LANES, p = 2 * pair;
            end = filled < pair + LANES - lane ? filled : pair + LANES - lane;
            const __mmask16 low = first(depth - p), high = first(depth - p - LANES), mask = first(end - pair);
            uint32_t *to = packed + (place - lane) * LANES + lane;
            for (int row = 0; row < LANES; row++) {
                const int isThere = i + row < count;
                const float *from = x + (isThere ? i + row : 0) * stride + p;
                const __m512i words =
                    (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(isThere ? high : 0, from + LANES),
                                                 _mm512_maskz_loadu_ps(isThere ? low : 0, from));
                _mm512_mask_storeu_epi32(to + row * LANES, mask, words);
            }
        }
    }
}

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

/// A tile of LEFT x RIGHT sums over `pairs`, on top of `start` or of c, whose first `rows` rows and `columns` columns are
/// kept. `next` is the left panel that comes after.
BF16_INLINE void tile(int64_t pairs, const uint32_t *left, const uint32_t *right, const float *start, int adds_c,
                      int64_t rows, int64_t columns, float *c, int64_t stride, const uint32_t *next) {
    __m512 sums[LEFT][2];
    const __mmask16 low = first(columns), high = first(columns - LANES);
    const __m512 low_start = start ? _mm512_maskz_loadu_ps(low, start) : _mm512_setzero_ps();
    const __m512 high_start = start ? _mm512_maskz_loadu_ps(high, start + LANES) : _mm512_setzero_ps();
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) {
        sums[i][0] = low_start, sums[i][1] = high_start;
        __builtin_prefetch(c + i * stride, 1);
        __builtin_prefetch(c + i * stride + LANES, 1);
    }
    for (int64_t p = 0; p < pairs; p++, left += LEFT, next += LEFT, right += RIGHT) {
        __builtin_prefetch(next);
        const __m512bh low_right = (__m512bh)_mm512_loadu_si512(right);
        const __m512bh high_right = (__m512bh)_mm512_loadu_si512(right + LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < LEFT; i++) {
            const __m512bh pair = (__m512bh)_mm512_set1_epi32((int)left[i]);
            sums[i][0] = _mm512_dpbf16_ps(sums[i][0], pair, low_right);
            sums[i][1] = _mm512_dpbf16_ps(sums[i][1], pair, high_right);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LEFT; i++) {
        if (i >= rows) break;
        float *row = c + i * stride;
        if (adds_c) {
            sums[i][0] = _mm512_add_ps(sums[i][0], _mm512_maskz_loadu_ps(low, row));
            sums[i][1] = _mm512_add_ps(sums[i][1], _mm512_maskz_loadu_ps(high, row + LANES));
        }
        _mm512_mask_storeu_ps(row, low, sums[i][0]);
        _mm512_mask_storeu_ps(row + LANES, high, sums[i][1]);
    }
}

/// Packs gelu of a tile of c, [rows, columns] of which are inside of the product, while it is in L1.
BF16_INLINE void pack_gelu(int64_t rows, int64_t columns, const float *c, int64_t stride, uint32_t *left,
                           int64_t left_pairs, uint32_t *right, int64_t right_pairs) {
    rows = rows < LEFT ? rows : LEFT, columns = columns < RIGHT ? columns : RIGHT;
    float tile[LEFT * RIGHT];
    for (int64_t i = 0; i < rows; i++) ck_gelu(columns, c + i * stride, tile + i * RIGHT);
    pack_along(rows, columns, tile, RIGHT, LEFT, (columns + 1) / 2, left_pairs, left);
    if (right) pack_across(columns, rows, tile, RIGHT, RIGHT, (rows + 1) / 2, right_pairs, right);
}

/// `left_gelu` is a constant of each copy: with the branch in it the loop of a plain product is 2% slower.
BF16_INLINE void multiply(int64_t rows, int64_t columns, int64_t depth, const uint32_t *left, const uint32_t *right,
                          const float *start, int accumulates, float *c, int64_t stride, int64_t left_pairs,
                          uint32_t *left_gelu, int64_t right_pairs, uint32_t *right_gelu) {
    const int64_t pairs = (depth + 1) / 2;
    int64_t p = 0;
    // Once without any depth too, since c must be written.
    do {
        const int64_t depth_pairs = pairs - p < DEPTH / 2 ? pairs - p : DEPTH / 2;
        for (int64_t block = 0; block < rows; block += ROWS) {
            const int64_t end = rows < block + ROWS ? rows : block + ROWS;
            for (int64_t j = 0; j < columns; j += RIGHT) {
                const uint32_t *right_panel = right + j * pairs + p * RIGHT;
                for (int64_t i = block; i < end; i += LEFT) {
                    const uint32_t *panel = left + i * pairs + p * LEFT;
                    tile(depth_pairs, panel, right_panel, start && p == 0 ? start + j : 0, accumulates || p > 0, end - i,
                         columns - j, c + i * stride + j, stride, panel + LEFT * pairs);
                    if (left_gelu && p + depth_pairs == pairs) {
                        pack_gelu(end - i, columns - j, c + i * stride + j, stride,
                                  left_gelu + i * left_pairs + j / 2 * LEFT, left_pairs,
                                  right_gelu ? right_gelu + j * right_pairs + i / 2 * RIGHT : 0, right_pairs);
                    }
                }
            }
        }
        p += DEPTH / 2;
    } while (p < pairs);
}

BF16 void ck_bf16_multiply(int64_t depth, const void *left, const void *right, const float *start, int32_t accumulates,
                           ck_matrix c) {
    if (ck_amx() > 0) ck_tile_multiply(depth, left, right, start, accumulates, c, 0);
    else multiply(c.rows, c.columns, depth, left, right, start, accumulates, c.data, c.stride, 0, 0, 0, 0);
}

BF16 void ck_bf16_multiply_gelu(int64_t depth, const void *left, const void *right, const float *start, ck_matrix c,
                                ck_gelu_panels gelu) {
    if (ck_amx() > 0) {
        ck_tile_multiply(depth, left, right, start, 0, c, &gelu);
        return;
    }
    const int64_t along = ck_bf16_pairs(gelu.columns), down = ck_bf16_pairs(gelu.rows);
    uint32_t *const to = (uint32_t *)gelu.left + gelu.row * along + gelu.column / 2 * LEFT;
    uint32_t *const kept = gelu.right ? (uint32_t *)gelu.right + gelu.column * down + gelu.row / 2 * RIGHT : 0;
    multiply(c.rows, c.columns, depth, left, right, start, 0, c.data, c.stride, along, to, down, kept);
}

#else

int64_t ck_bf16_pairs(int64_t depth) { return (depth + 1) / 2; }

int32_t ck_bf16_left(void) { return CK_BF16_LEFT; }

void ck_bf16_pack(int32_t is_left, int32_t is_across, ck_matrix x, int64_t begin, int64_t depth, void *packed) {
    __builtin_trap();
}

void ck_bf16_multiply(int64_t depth, const void *left, const void *right, const float *start, int32_t accumulates,
                      ck_matrix c) {
    __builtin_trap();
}

void ck_bf16_multiply_gelu(int64_t depth, const void *left, const void *right, const float *start, ck_matrix c,
                           ck_gelu_panels gelu) {
    __builtin_trap();
}

#endif
