#include "lanes.h"

// Tokens lie across the lanes, so that a butterfly is one addition and one subtraction of whole vectors: token by token
// is ten times slower.

/// Exchanges the off-diagonal blocks of `step` columns between two rows.
#define EXCHANGE(a, b, step)                                          \
    {                                                   \
        lanes t = __builtin_shufflevector(a, b, FIRST_##step);  \
        b = __builtin_shufflevector(a, b, SECOND_##step);       \
        a = t;                                          \
    }
#define FIRST_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define SECOND_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define FIRST_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define SECOND_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FIRST_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define SECOND_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define FIRST_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define SECOND_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define EXCHANGE_ALL(step)              \
    for (int i = 0; i < 16; i++)        \
        if (!(i & step)) EXCHANGE(tile[i], tile[i + step], step)

/// Columns of 16 tokens as vectors: [16, size] to [size][16].
INLINE void transpose(const int size, const float *rows, int64_t stride, lanes *columns) {
    for (int first = 0; first < size; first += 16) {
        lanes tile[16];
        for (int i = 0; i < 16; i++) memcpy(tile + i, rows + i * stride + first, sizeof *tile);
        EXCHANGE_ALL(8)
        EXCHANGE_ALL(4)
        EXCHANGE_ALL(2)
        EXCHANGE_ALL(1)
        memcpy(columns + first, tile, sizeof tile);
    }
}

#define BUTTERFLY(a, b) \
    {                   \
        lanes t = a;    \
        a = t + b;      \
        b = t - b;      \
    }

/// Three butterfly levels on vectors 0, step, ... 7 step: eight registers between one load and one store. `signs` is
/// null or lies like x.
INLINE void butterfly_8(const int step, const float *signs, const lanes *x, lanes *y) {
    lanes v[8];
    for (int i = 0; i < 8; i++) v[i] = signs ? x[i * step] * signs[i * step] : x[i * step];
    for (int i = 0; i < 8; i += 2) BUTTERFLY(v[i], v[i + 1])
    for (int i = 0; i < 8; i++)
        if (!(i & 2)) BUTTERFLY(v[i], v[i + 2])
    for (int i = 0; i < 4; i++) BUTTERFLY(v[i], v[i + 4])
    for (int i = 0; i < 8; i++) y[i * step] = v[i];
}

/// The same on halves of the vectors, whose eight registers leave eight more on AVX2. Half of the sums are fused products by
/// ±1, exact as they are, which other units of a core compute than additions; `minus` is -1, and the compiler may not know it.
INLINE void butterfly_8_by_halves(const int step, const float *signs, float minus, const lanes *x, lanes *y) {
    for (int half = 0; half < 16; half += 8) {
        const float *from = (const float *)x + half;
        float *to = (float *)y + half;
        eight v[8];
        for (int i = 0; i < 8; i++) memcpy(v + i, from + 16 * i * step, sizeof *v);
        for (int i = 0; i < 8; i += 2) {
            const eight a = v[i], b = v[i + 1];
            if (signs) {
                const eight left = a * signs[i * step], sign = signs[(i + 1) * step];
                v[i] = __builtin_elementwise_fma(b, sign, left);
                v[i + 1] = __builtin_elementwise_fma(-b, sign, left);
            } else {
                v[i] = a + b;
                v[i + 1] = __builtin_elementwise_fma(b, (eight)minus, a);
            }
        }
        for (int apart = 2; apart < 8; apart *= 2)
            for (int i = 0; i < 8; i++)
                if (!(i & apart)) {
                    const eight a = v[i], b = v[i + apart];
                    v[i] = a + b;
                    v[i + apart] = __builtin_elementwise_fma(b, (eight)minus, a);
                }
        for (int i = 0; i < 8; i++) memcpy(to + 16 * i * step, v + i, sizeof *v);
    }
}

/// y = H D x: signs, then the unnormalised Walsh-Hadamard transform in natural order, of 16 tokens; size >= 16.
INLINE void signed_walsh_hadamard(const int by_halves, const int size, const float *signs, float minus, const lanes *x,
                                  lanes *y) {
#define BUTTERFLY_8(step, signs, x, y) \
    by_halves ? butterfly_8_by_halves(step, signs, minus, x, y) : butterfly_8(step, signs, x, y)
    for (int i = 0; i < size; i += 8) BUTTERFLY_8(1, signs + i, x + i, y + i);
    int step = 8;
    for (; 8 * step <= size; step *= 8)
        for (int group = 0; group < size; group += 8 * step)
            for (int i = group; i < group + step; i++) BUTTERFLY_8(step, 0, y + i, y + i);
    for (; step < size; step *= 2)
        for (int group = 0; group < size; group += 2 * step)
            for (int i = group; i < group + step; i++) BUTTERFLY(y[i], y[i + step])
}

/// Sixteen codes of `bits` coordinates, the first the lowest bit.
INLINE void store_codes(int32_t bits, const lanes *y, int64_t count, uint16_t *codes) {
    words code = 0;
    for (int32_t bit = 0; bit < bits; bit++) code |= (y[bit] > 0) & (words)(1 << bit);
    const shorts narrow = __builtin_convertvector(code, shorts);
    // Of a length that the compiler knows it is no call.
    if (count == 16)
        memcpy(codes, &narrow, sizeof narrow);
    else
        memcpy(codes, &narrow, (size_t)count * sizeof *codes);
}

/// Codes of at most 16 rows out of n.
INLINE void hash_block(const int by_halves, const int size, ck_matrix x, int32_t bits, int32_t hashes, const float *signs, int64_t n,
                       uint16_t *codes) {
    lanes columns[128], y[128];
    float minus = -1;
    __asm__("" : "+m"(minus));
    if (x.rows < 16 || x.columns < size) {
        float rows[16][128] = {0};
        for (int64_t token = 0; token < x.rows; token++)
            memcpy(rows[token], x.data + token * x.stride, (size_t)x.columns * sizeof **rows);
        transpose(size, rows[0], 128, columns);
    } else {
        transpose(size, x.data, x.stride, columns);
    }
    for (int32_t hash = 0; hash < hashes; signs += 3 * size) {
        signed_walsh_hadamard(by_halves, size, signs, minus, columns, y);
        signed_walsh_hadamard(by_halves, size, signs + size, minus, y, y);
        signed_walsh_hadamard(by_halves, size, signs + 2 * size, minus, y, y);
        for (int32_t first = 0; first + bits <= size && hash < hashes; first += bits, hash++)
            store_codes(bits, y + first, x.rows, codes + hash * n);
    }
}

INLINE void hadamard_codes(const int by_halves, ck_matrix x, int32_t size, int32_t bits, int32_t hashes,
                           const float *signs, uint16_t *codes) {
    for (int64_t first = 0; first < x.rows; first += 16, codes += 16) {
        const ck_matrix rows = {x.data + first * x.stride, x.rows - first < 16 ? x.rows - first : 16, x.columns, x.stride};
        // The size as a constant lets the loops unroll.
        switch (size) {
            case 16: hash_block(by_halves, 16, rows, bits, hashes, signs, x.rows, codes); break;
            case 32: hash_block(by_halves, 32, rows, bits, hashes, signs, x.rows, codes); break;
            case 64: hash_block(by_halves, 64, rows, bits, hashes, signs, x.rows, codes); break;
            default: hash_block(by_halves, 128, rows, bits, hashes, signs, x.rows, codes);
        }
    }
}

CLONES static void codes_by_lanes(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const float *signs,
                                  uint16_t *codes) {
    hadamard_codes(0, x, size, bits, hashes, signs, codes);
}

WIDE static void codes_by_halves(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const float *signs,
                                 uint16_t *codes) {
    hadamard_codes(1, x, size, bits, hashes, signs, codes);
}

void ck_hadamard_codes(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const float *signs, uint16_t *codes) {
    (is_avx2() ? codes_by_halves : codes_by_lanes)(x, size, bits, hashes, signs, codes);
}

CLONES void ck_sign_codes(int64_t rows, int32_t bits, int32_t hashes, const float *y, int64_t n, uint16_t *codes) {
    for (int64_t token = 0; token < rows; token++)
        for (int32_t hash = 0; hash < hashes; hash++) {
            const float *part = y + (token * hashes + hash) * bits;
            uint32_t code = 0;
            for (int32_t bit = 0; bit < bits; bit++) code |= (uint32_t)(part[bit] > 0) << bit;
            codes[hash * n + token] = (uint16_t)code;
        }
}

CLONES void ck_random_signs(int64_t n, uint64_t key, float *signs) {
    for (int64_t i = 0; i < n; i++) signs[i] = random_word(key, (uint32_t)i) >> 31 ? -1.0f : 1.0f;
}
