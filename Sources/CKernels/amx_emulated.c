// Products of bf16 panels by tiles whose instructions are emulated: the bits of a CPU with AMX, on one without.
#include "kernels.h"
#define CK_EMULATED_AMX
#define ck_amx_multiply ck_emulated_multiply
#include "amx.c"
#undef ck_amx_multiply

void ck_tile_multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start, int accumulates,
                      ck_matrix c, const ck_gelu_panels *gelu) {
    (ck_amx() == AMX_EMULATED ? ck_emulated_multiply : ck_amx_multiply)(depth, left, right, start, accumulates, c, gelu);
}
