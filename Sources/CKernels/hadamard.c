#include "rotations.h"

void ck_hadamard_codes(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *factors, uint16_t *codes) {
#if defined(__x86_64__)
    // Registers of AVX-512 hold twice as many tokens, and were slower on a Zen 4 (0.95 ms for 0.68, 4,096 tokens, 32 hashes).
    if (has_avx2()) return codes_avx2(x, size, bits, hashes, factors, codes);
#endif
    ck_hadamard_codes_by_any_cpu(x, size, bits, hashes, factors, codes);
}

void ck_hadamard_codes_by_any_cpu(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *factors,
                                  uint16_t *codes) {
    rotated_codes(x, size, bits, hashes, factors, codes);
}

void ck_rotation_factors(int32_t size, int64_t parts, uint64_t key, int32_t *factors) {
    const int levels = 31 - __builtin_clz((unsigned)size), shifts[] = {(levels + 1) / 2, levels / 2};
    for (int64_t i = 0; i < 3 * parts * size; i++) {
        const int64_t turn = i / size % 3;
        const int32_t size_of_factor = turn ? 1 << (15 - shifts[turn - 1]) : 1;
        const int32_t factor = random_word(key, (uint32_t)i) >> 31 ? -size_of_factor : size_of_factor;
        factors[i] = (factor & 0xffff) | (int32_t)((uint32_t)factor << 16);
    }
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
