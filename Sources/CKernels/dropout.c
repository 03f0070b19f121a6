#include "kernels.h"

CLONES void ck_dropout(int64_t n, uint64_t key, uint32_t first, float probability, float *x) {
    const uint32_t threshold = (uint32_t)(probability * 4294967296.0);
    const float kept = 1.0f / (1.0f - probability);
    for (int64_t i = 0; i < n; i++) {
        float factor = random_word(key, first + (uint32_t)i) < threshold ? 0.0f : kept;
        x[i] *= factor;
    }
}

uint32_t ck_random_word(uint64_t key, uint32_t counter) { return random_word(key, counter); }
