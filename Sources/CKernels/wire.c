// Numbers that travel as bf16. By integers, so that every CPU rounds alike, numbers below the normal ones too.

#include "kernels.h"

enum { AT_ONCE = 64 };

CLONES void ck_round_bf16(int64_t n, float *x) {
    for (int64_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, x + i, sizeof word);
        word = upper_half(word) << 16;
        memcpy(x + i, &word, sizeof word);
    }
}

CLONES void ck_narrow_bf16(int64_t n, float *x) {
    for (int64_t i = 0; i < n; i += AT_ONCE) {
        const int64_t count = n - i < AT_ONCE ? n - i : AT_ONCE;
        uint32_t words[AT_ONCE] = {0};
        uint16_t halves[AT_ONCE];
        memcpy(words, x + i, (size_t)count * sizeof *words);
        for (int j = 0; j < AT_ONCE; j++) halves[j] = (uint16_t)upper_half(words[j]);
        memcpy((char *)x + i * (int64_t)sizeof *halves, halves, (size_t)count * sizeof *halves);
    }
}

CLONES void ck_widen_bf16(int64_t n, float *x) {
    for (int64_t i = 0; i < n; i += AT_ONCE) {
        const int64_t count = n - i < AT_ONCE ? n - i : AT_ONCE;
        uint32_t words[AT_ONCE];
        uint16_t halves[AT_ONCE] = {0};
        memcpy(halves, (char *)x + (n + i) * (int64_t)sizeof *halves, (size_t)count * sizeof *halves);
        for (int j = 0; j < AT_ONCE; j++) words[j] = (uint32_t)halves[j] << 16;
        // What is written ends before what is still to be read.
        memcpy(x + i, words, (size_t)count * sizeof *words);
    }
}
