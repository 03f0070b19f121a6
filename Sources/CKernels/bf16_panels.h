// Panels of bf16 numbers, for whoever includes it: pairs of neighbours in depth, in the order in which a tile reads them.
#ifndef BF16_PANELS_H
#define BF16_PANELS_H

#include "kernels.h"
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

#endif
