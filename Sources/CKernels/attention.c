// Attention of one head, by the level of kernels.

#include "kernels.h"

INLINE const attention_kernels *kernels(void) { return is_avx2() ? &attention_avx2 : &attention_avx512; }

int64_t ck_attend_scratch(int64_t n, int64_t width) { return kernels()->scratch(n, width); }

void ck_attend(ck_attention_head head, ck_matrix y, float *log_sum, float *scratch) {
    kernels()->attend(head, y, log_sum, scratch);
}

void ck_attend_gradient(ck_attention_head head, ck_matrix dy, const float *log_sum, const float *delta,
                        ck_matrix dquery, ck_matrix dkey, ck_matrix dvalue, float *scratch) {
    kernels()->gradient(head, dy, log_sum, delta, dquery, dkey, dvalue, scratch);
}

void ck_attend_pairs(ck_attention_head head, ck_pair_law law, ck_matrix sums, float *mass, float *scratch) {
    kernels()->attend_pairs(head, law, sums, mass, scratch);
}

void ck_attend_pairs_gradient(ck_attention_head head, ck_pair_law law, ck_matrix g, const float *delta,
                              ck_matrix dquery, ck_matrix dkey, ck_matrix dvalue, float *scratch) {
    kernels()->pairs_gradient(head, law, g, delta, dquery, dkey, dvalue, scratch);
}
