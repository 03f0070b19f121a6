// The eight tiles of AMX, each 16 rows of 16 words: the instructions, or, to test on a CPU without them what is made of them, what
// Intel's manual says that they do.
#ifndef TILE_REGISTERS_H
#define TILE_REGISTERS_H

#include "kernels.h"
#include <immintrin.h>

/// The operand of LDTILECFG: palette 1 has eight tiles of up to 16 rows of 64 bytes.
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
} tile_shapes;

static const tile_shapes whole_tiles = {
    .palette = 1,
    .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
    .rows = {16, 16, 16, 16, 16, 16, 16, 16},
};

#if !defined(CK_EMULATED_AMX)

#define AMX __attribute__((target("amx-tile,amx-bf16,avx512f")))
#define tiles_begin() _tile_loadconfig(&whole_tiles)
#define tiles_end() _tile_release()
#define tile_zero(tile) _tile_zero(tile)
/// Rows from `from` on, so many bytes apart.
#define tile_load(tile, from, apart) _tile_loadd(tile, from, apart)
#define tile_store(tile, to, apart) _tile_stored(tile, to, apart)
/// sums[m, n] += Σ_k left[m, 2 k] right[k, 2 n] + left[m, 2 k + 1] right[k, 2 n + 1], of bf16 numbers.
#define tile_multiply(sums, left, right) _tile_dpbf16ps(sums, left, right)

#else

#define AMX __attribute__((target("avx512f")))

static _Thread_local struct {
    _Alignas(64) uint32_t words[8][16][16];
    int rows;  // none until configured
} tiles;

static inline void tiles_begin(void) {
    memset(&tiles, 0, sizeof tiles);
    tiles.rows = whole_tiles.rows[0];
}

static inline void tiles_end(void) { tiles.rows = 0; }

static inline void tile_zero(int tile) { memset(tiles.words[tile], 0, sizeof tiles.words[tile]); }

static inline void tile_load(int tile, const void *from, int64_t apart) {
    if (!tiles.rows) __builtin_trap();
    for (int i = 0; i < tiles.rows; i++) memcpy(tiles.words[tile][i], (const char *)from + i * apart, 64);
}

static inline void tile_store(int tile, void *to, int64_t apart) {
    if (!tiles.rows) __builtin_trap();
    for (int i = 0; i < tiles.rows; i++) memcpy((char *)to + i * apart, tiles.words[tile][i], 64);
}

/// Intel SDM, TDPBF16PS: products of even and of odd numbers are summed up apart, fused, and denormals are zero.
AMX static inline void tile_multiply(int sums, int left, int right) {
    if (!tiles.rows) __builtin_trap();
    const unsigned control = _mm_getcsr();
    _mm_setcsr(0x1f80 | _MM_FLUSH_ZERO_ON | 0x40);
    for (int m = 0; m < 16; m++) {
        __m512 even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
        for (int k = 0; k < 16; k++) {
            const __m512i x = _mm512_set1_epi32((int)tiles.words[left][m][k]);
            const __m512i y = _mm512_load_si512(tiles.words[right][k]);
            const __m512i high = _mm512_set1_epi32((int)0xffff0000);
            even = _mm512_fmadd_ps((__m512)_mm512_slli_epi32(x, 16), (__m512)_mm512_slli_epi32(y, 16), even);
            odd = _mm512_fmadd_ps((__m512)_mm512_and_si512(x, high), (__m512)_mm512_and_si512(y, high), odd);
        }
        const __m512 sum = (__m512)_mm512_load_si512(tiles.words[sums][m]);
        _mm512_store_si512(tiles.words[sums][m], (__m512i)_mm512_add_ps(sum, _mm512_add_ps(even, odd)));
    }
    _mm_setcsr(control);
}

#endif
#endif
