// Codes of sixteen rows at once by rotations in integers of 16 bits, a register of AVX2, for whoever includes it: half as many registers
// as of floats, and the same bits in whatever order a machine adds.

#include "lanes.h"

typedef int16_t tokens __attribute__((ext_vector_type(16)));
typedef int32_t token_pairs __attribute__((ext_vector_type(8)));

/// (a b + 2¹⁴) / 2¹⁵, rounded down.
#if defined(FOR_AVX2)
#include <immintrin.h>
#define TARGET WIDE
#define ROUNDED_PRODUCT(a, b) (tokens) _mm256_mulhrs_epi16((__m256i)(a), (__m256i)(b))
#else
#define TARGET
#define ROUNDED_PRODUCT(a, b) \
    __builtin_convertvector((__builtin_convertvector(a, words) * __builtin_convertvector(b, words) + (1 << 14)) >> 15, tokens)
#endif
#define ROTATION_INLINE static inline __attribute__((always_inline)) TARGET
#define UNROLLED _Pragma("clang loop unroll(full)")

/// A factor, which fills both halves of a word, beside every token.
#define SPREAD(factor) ((tokens)(token_pairs)(factor))

/// Exchanges the off-diagonal blocks of `step` columns between two rows.
#define EXCHANGE(a, b, step)                                            \
    {                                                                   \
        const tokens t = __builtin_shufflevector(a, b, FIRST_##step);   \
        b = __builtin_shufflevector(a, b, SECOND_##step);               \
        a = t;                                                          \
    }
#define FIRST_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define SECOND_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define FIRST_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define SECOND_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FIRST_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define SECOND_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define FIRST_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define SECOND_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define EXCHANGE_ALL(step)                  \
    UNROLLED for (int i = 0; i < 16; i++)   \
        if (!(i & step)) EXCHANGE(tile[i], tile[i + step], step)

/// [16, size] to [size][16].
ROTATION_INLINE void transpose(const int size, const int16_t rows[16][128], tokens *columns) {
    for (int first = 0; first < size; first += 16) {
        tokens tile[16];
        UNROLLED for (int i = 0; i < 16; i++) memcpy(tile + i, rows[i] + first, sizeof *tile);
        EXCHANGE_ALL(8)
        EXCHANGE_ALL(4)
        EXCHANGE_ALL(2)
        EXCHANGE_ALL(1)
        memcpy(columns + first, tile, sizeof tile);
    }
}

/// whole = a row times a power of two, rounded, as ck_hadamard_codes says; zeros of a row that is not finite.
ROTATION_INLINE void in_integers(const int size, const float *row, int64_t columns, int16_t *whole) {
    lanes x[8];
    words most = 0;
    for (int i = 0; i < size / 16; i++) {
        x[i] = 0;
        if (16 * i < columns) load_part(row, 16 * i, columns, x + i);
        most = __builtin_elementwise_max(most, (words)x[i] & 0x7fffffff);
    }
    const int32_t exponent = __builtin_reduce_max(most) >> 23;
    if (exponent == 255) {
        memset(whole, 0, (size_t)size * sizeof *whole);
        return;
    }
    // The largest becomes 2^7 ..< 2^8, so that squares are whole, and their sum below 2^24: exact in any order.
    const int32_t scale_bits = (exponent < 11 ? 250 : 261 - exponent) << 23;
    float scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    // Adding 1.5·2²³ rounds to an integer in the low mantissa bits.
    const float rounder = 12582912.0f;
    lanes squares = 0;
    for (int i = 0; i < size / 16; i++) {
        const lanes rounded = (x[i] * scale + rounder) - rounder;
        squares += rounded * rounded;
    }
    // The largest power of four with which it stays within 7·2²⁰.
    const float square = sum_of_lanes(&squares), most_square = 7 << 20;
    const int halvings = (square > most_square) + (square > most_square / 4) + (square > most_square / 16) +
                         (square > most_square / 64) + (square > most_square / 256);
    const int32_t whole_bits = scale_bits + (4 - halvings) * (1 << 23);
    memcpy(&scale, &whole_bits, sizeof scale);
    for (int i = 0; i < size / 16; i++) {
        const lanes rounded = x[i] * scale + rounder;
        const tokens low = __builtin_convertvector((words)rounded, tokens);
        memcpy(whole + 16 * i, &low, sizeof low);
    }
}

/// H of `count` vectors in registers.
ROTATION_INLINE void butterflies(const int count, tokens *v) {
    UNROLLED for (int apart = 1; apart < count; apart *= 2)
        UNROLLED for (int i = 0; i < count; i++)
            if (!(i & apart)) {
                const tokens a = v[i], b = v[i + apart];
                v[i] = a + b;
                v[i + apart] = a - b;
            }
}

enum { FIRST_LEVELS, LEVELS_BETWEEN, LAST_LEVELS };

/// The levels of H between `count` vectors `step` apart: the first, behind signs, the last, or both of two transforms that follow
/// one another, and what lies between them.
ROTATION_INLINE void turn(const int which, const int count, const int step, const int32_t *factors, const tokens *x, tokens *y) {
    tokens v[16];
    UNROLLED for (int i = 0; i < count; i++)
        v[i] = which == FIRST_LEVELS ? x[i * step] * SPREAD(factors[i * step]) : x[i * step];
    butterflies(count, v);
    if (which == LEVELS_BETWEEN) {
        UNROLLED for (int i = 0; i < count; i++) v[i] = ROUNDED_PRODUCT(v[i], SPREAD(factors[i * step]));
        butterflies(count, v);
    }
    UNROLLED for (int i = 0; i < count; i++) y[i * step] = v[i];
}

/// Sixteen codes of `bits` coordinates, the first the lowest bit.
ROTATION_INLINE void store_codes(int32_t bits, const tokens *y, int64_t count, uint16_t *codes) {
    tokens code = 0;
    for (int32_t bit = bits; bit-- > 0;) code = code + code - (y[bit] > 0);
    // Of a length that the compiler knows it is no call.
    if (count == 16)
        memcpy(codes, &code, sizeof code);
    else
        memcpy(codes, &code, (size_t)count * sizeof *codes);
}

/// Codes of at most 16 rows out of n. Sums of integers are the same in any order, so levels go from far to near and back.
ROTATION_INLINE void hash_block(const int size, ck_matrix x, int32_t bits, int32_t hashes, const int32_t *factors, int64_t n,
                                uint16_t *codes) {
    const int far = size / 8;
    tokens columns[128], y[128];
    _Alignas(64) int16_t rows[16][128] = {0};
    for (int64_t i = 0; i < x.rows; i++) in_integers(size, x.data + i * x.stride, x.columns, rows[i]);
    transpose(size, rows, columns);
    for (int32_t hash = 0; hash < hashes; factors += 3 * size) {
        for (int i = 0; i < 8; i++) turn(FIRST_LEVELS, far, 8, factors + i, columns + i, y + i);
        for (int i = 0; i < size; i += 8) turn(LEVELS_BETWEEN, 8, 1, factors + size + i, y + i, y + i);
        for (int i = 0; i < 8; i++) turn(LEVELS_BETWEEN, far, 8, factors + 2 * size + i, y + i, y + i);
        for (int i = 0; i < size; i += 8) turn(LAST_LEVELS, 8, 1, 0, y + i, y + i);
        for (int32_t first = 0; first + bits <= size && hash < hashes; first += bits, hash++)
            store_codes(bits, y + first, x.rows, codes + hash * n);
    }
}

ROTATION_INLINE void rotated_codes(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *factors,
                                   uint16_t *codes) {
    for (int64_t first = 0; first < x.rows; first += 16, codes += 16) {
        const ck_matrix rows = {x.data + first * x.stride, x.rows - first < 16 ? x.rows - first : 16, x.columns, x.stride};
        // The size as a constant lets the loops unroll.
        switch (size) {
            case 16: hash_block(16, rows, bits, hashes, factors, x.rows, codes); break;
            case 32: hash_block(32, rows, bits, hashes, factors, x.rows, codes); break;
            case 64: hash_block(64, rows, bits, hashes, factors, x.rows, codes); break;
            default: hash_block(128, rows, bits, hashes, factors, x.rows, codes);
        }
    }
}
