#include "kernels.h"

CLONES void ck_dropout(int64_t n, uint64_t key, uint32_t first, float probability, float *x) {
    drop(n, key, first, probability, x);
}

uint32_t ck_random_word(uint64_t key, uint32_t counter) { return random_word(key, counter); }
