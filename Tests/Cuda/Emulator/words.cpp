// Tests the words of emulate.h: each kernel against plain loops, and mistakes of kernels against the lines that they must get.
// `words` runs the tests; `words MISTAKE` makes one mistake, and must abort.
//
//     clang++ -std=c++17 -O2 -w -I ../../../Sources/Cuda/Kernels words.cpp -o /tmp/words && /tmp/words
#include "emulate.h"
#include "common.cu"

// An int of every thread to the sum of its block, by shuffles, then shared memory.
KERNEL block_sums(int *sums, const int *x) {
    __shared__ int of_warp[32];
    int sum = x[blockIdx.x * blockDim.x + threadIdx.x], lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    for (int o = 16; o; o >>= 1) sum += __shfl_down_sync(~0u, sum, o);
    if (!lane) of_warp[warp] = sum;
    __syncthreads();
    if (warp) return;
    sum = lane < blockDim.x / 32 ? of_warp[lane] : 0;
    for (int o = 16; o; o >>= 1) sum += __shfl_xor_sync(~0u, sum, o);
    if (!lane) sums[blockIdx.x] = sum;
}
// x in reverse over a block, by dynamic shared memory that is filled ahead.
KERNEL reverse(float *y, const float *x) {
    DYNAMIC_SHARED(float, row);
    int t = threadIdx.x, n = blockDim.x * 4;
    copy_ahead(row + 4 * t, x + 4 * t, t != 3);
    copies_commit();
    copies_wait<0>();
    __syncthreads();
    for (int i = 0; i < 4; i++) y[4 * t + i] = row[n - 1 - 4 * t - i];
}
// c[16, 8] = a[16, 16] b[16, 8], b as it lies (rows k) through the transposed load.
KERNEL product(float *c, const u16 *a, const u16 *b) {
    __shared__ __align__(16) u16 A[16 * 16], B[16 * 16];
    int lane = threadIdx.x;
    for (int i = lane; i < 256; i += 32) A[i] = a[i], B[i] = i % 16 < 8 ? b[i / 16 * 8 + i % 16] : 0;
    __syncwarp();
    u32 fa[4], fb[4];
    float d[4] = {0, 0, 0, 0};
    load_matrices(fa, A + lane % 16 * 16 + lane / 16 * 8);
    load_matrices_transposed(fb, B + lane % 16 * 16 + lane / 16 * 8);
    mma16816(d, fa, fb);
    for (int i = 0; i < 4; i++) c[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = d[i];
}
// Groups of eight lanes of their own, with loops of their own length, and votes.
KERNEL groups(int *x) {
    int lane = threadIdx.x, group = lane / 8, sum = 0;
    u32 mask = 0xffu << group * 8;
    for (int i = 0; i <= group; i++) sum += __shfl_sync(mask, lane, i, 8) + __any_sync(mask, lane == group * 8 + i);
    u32 odd = __ballot_sync(~0u, lane & 1);
    u32 x32 = __shfl_up_sync(~0u, (u32)lane, 1), x16 = __shfl_up_sync(~0u, (u32)lane, 4, 16);
    x[lane] = sum + (odd == 0xaaaaaaaau ? 1000 : 0) + 10000 * (x32 == (lane ? lane - 1 : 0)) +
              100000 * (x16 == (lane % 16 < 4 ? lane : lane - 4)) + 1000000 * __all_sync(~0u, 1);
}
KERNEL mistake(int which, int *out) {
    __shared__ int shared[64];
    DYNAMIC_SHARED(int, dynamic);
    int t = threadIdx.x;
    if (which == 1 && t < 40) __syncthreads();                                // half a barrier: the others shuffle
    if (which == 1 && t >= 40) __shfl_sync(~0u, t, 0);
    if (which == 2) { if (t % 2) __syncthreads(); else
        __syncthreads(); }                                                    // two barriers
    if (which == 3) __shfl_sync(t < 16 ? 0xffffu : ~0u, t, 0);                // masks that disagree
    if (which == 4) __shfl_sync(0xffffu << t / 16 % 2 * 16, t, 31);           // reads a lane that is not there
    if (which == 5) dynamic[t == 63 ? 64 : t] = 1;                            // beyond dynamic shared memory
    if (which == 6) load_matrices((u32 *)out, (char *)shared + 4);            // not aligned
    if (which == 7) __syncwarp(0xfffffffeu);                                  // lane 0 is not in its mask
    if (which == 8 && t % 32) { u32 a[4], b[2]; float d[4]; mma16816(d, a, b); }  // 31 lanes
    if (which == 9) *(volatile int *)(((size_t)out + (1l << 46)) | 1l << 62) = 1;  // a wild address
}

static int failures;
static void expect(bool holds, const char *what) {
    if (!holds) failures++, printf("words: wrong: %s\n", what);
}
int main(int count, char **words) {
    if (count > 1) {
        int out[64];
        emulate(1, 64, 256, [&] { mistake(atoi(words[1]), out); });
        return 0;
    }
    for (int run = 0; run < 4; run++) {
        static int x[8 * 256], sums[8];
        for (int i = 0; i < 8 * 256; i++) x[i] = i * 7 % 1001;
        emulate(8, 256, 0, [&] { block_sums(sums, x); });
        for (int b = 0; b < 8; b++) {
            int sum = 0;
            for (int i = 0; i < 256; i++) sum += x[b * 256 + i];
            expect(sums[b] == sum, "block_sums");
        }
        alignas(16) static float v[400], w[400];
        for (int i = 0; i < 400; i++) v[i] = i + 1;
        emulate(1, 100, 1600, [&] { reverse(w, v); });
        for (int i = 0; i < 400; i++) expect(w[399 - i] == (i / 4 == 3 ? 0 : v[i]), "reverse");
        u16 a[256], b[128];
        float c[128];
        for (int i = 0; i < 256; i++) a[i] = narrow(i * 37 % 19 - 9);
        for (int i = 0; i < 128; i++) b[i] = narrow(i * 23 % 17 - 8);
        emulate(1, 32, 0, [&] { product(c, a, b); });
        for (int i = 0; i < 128; i++) {
            float sum = 0;
            for (int k = 0; k < 16; k++) sum += widen(a[i / 8 * 16 + k]) * widen(b[k * 8 + i % 8]);
            expect(c[i] == sum, "product");
        }
        int y[32];
        emulate(1, 32, 0, [&] { groups(y); });
        for (int lane = 0; lane < 32; lane++) {
            int g = lane / 8, sum = 1111000;
            for (int i = 0; i <= g; i++) sum += g * 8 + i + 1;
            expect(y[lane] == sum, "groups");
        }
    }
    if (!failures) printf("words: right\n");
    return failures != 0;
}
