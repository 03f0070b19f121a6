#if defined(__x86_64__)
#define FOR_AVX2
#include "rotations.h"

TARGET void codes_avx2(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *factors, uint16_t *codes) {
    rotated_codes(x, size, bits, hashes, factors, codes);
}
#endif
