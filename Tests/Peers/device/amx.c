// What the tiles of a CPU with AMX compute, against what is emulated for tests on one without, to the bit; and the speed of products on
// one thread by how deep a part of them is at a time, in tiles, how far ahead left tiles are fetched, and how many cache lines of the
// next right panel with each. `pack` builds it, for `xeon`.
#define _POSIX_C_SOURCE 200809L
#include "CKernels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*product)(int64_t, const void *, const void *, const float *, int, ck_matrix, const ck_gelu_panels *);
// amx.c, compiled several times.
#define KERNEL(name) \
    void name(int64_t, const void *, const void *, const float *, int, ck_matrix, const ck_gelu_panels *);
KERNEL(emulated)
KERNEL(d4a0r0) KERNEL(d8a0r0) KERNEL(d8a2r0) KERNEL(d8a0r4) KERNEL(d8a2r4) KERNEL(d8a4r4)
KERNEL(d8a2r8) KERNEL(d12a2r4) KERNEL(d12a4r4) KERNEL(d16a2r4) KERNEL(d24a0r0) KERNEL(d24a4r4)

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

/// Of all sizes, some denormal.
static float some(uint32_t *state, int widely) {
    *state = *state * 1664525u + 1013904223u;
    const float x = (float)(int32_t)*state * 0x1p-31f;
    return widely ? __builtin_ldexpf(x, (int)(*state >> 20 & 127) - 110) : x;
}

static void *room(int64_t bytes) { return aligned_alloc(64, (bytes + 4095) / 4096 * 4096); }

static void pack(int is_left, int64_t count, int64_t depth, int widely, void *panels) {
    float *x = room(4 * count * depth);
    uint32_t state = (uint32_t)(count + depth) + is_left;
    for (int64_t i = 0; i < count * depth; i++) x[i] = some(&state, widely);
    ck_bf16_pack(is_left, 0, (ck_matrix){x, count, depth, depth}, 0, depth, panels);
    free(x);
}

int main(void) {
    if (ck_amx() <= 0) return printf("no AMX: %d\n", ck_amx()), 1;
    for (int widely = 0; widely < 2; widely++) {
        const int64_t m = 61, n = 77, k = 801;
        void *left = room(4 * 64 * 416), *right = room(4 * 96 * 416);
        pack(1, m, k, widely, left), pack(0, n, k, widely, right);
        float *one = room(4 * m * n), *other = room(4 * m * n);
        emulated(k, left, right, 0, 0, (ck_matrix){one, m, n, n}, 0);
        d8a2r4(k, left, right, 0, 0, (ck_matrix){other, m, n, n}, 0);
        puts(memcmp(one, other, 4 * m * n) ? "tiles: OTHER BITS than emulated" : "tiles: the bits that are emulated");
    }
    static const struct { const char *name; product function; } kernels[] = {
        {"4 0 0", d4a0r0}, {"8 0 0", d8a0r0}, {"8 2 0", d8a2r0}, {"8 0 4", d8a0r4},
        {"8 2 4", d8a2r4}, {"8 4 4", d8a4r4}, {"8 2 8", d8a2r8}, {"12 2 4", d12a2r4},
        {"12 4 4", d12a4r4}, {"16 2 4", d16a2r4}, {"24 0 0", d24a0r0}, {"24 4 4", d24a4r4},
    };
    enum { KERNELS = sizeof kernels / sizeof *kernels, MOST = 32 };
    // A product on one thread, a thread's part of those of 12x768 on 16, and a square; of operands in L2, and of what is not.
    static const int64_t shapes[][4] = {{1024, 768, 768, 1}, {1024, 3072, 768, 1}, {512, 512, 512, 1}, {256, 192, 768, 1},
                                        {256, 192, 768, 32}, {256, 768, 768, 20}, {192, 768, 1024, 20}};
    for (unsigned s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2], sets = shapes[s][3];
        void *left[MOST], *right[MOST];
        ck_matrix c[MOST];
        for (int64_t i = 0; i < sets; i++) {
            left[i] = room(2 * m * k), right[i] = room(2 * n * k);
            c[i] = (ck_matrix){room(4 * m * n), m, n, n};
            pack(1, m, k, 0, left[i]), pack(0, n, k, 0, right[i]);
        }
        printf("%ldx%ldx%ld, %ld in turn:", (long)m, (long)n, (long)k, (long)sets);
        for (int kernel = 0; kernel < KERNELS; kernel++) {
            double best = 1e9;
            const double begun = now();
            while (now() - begun < 0.1) {
                const double start = now();
                for (int64_t i = 0; i < sets; i++) kernels[kernel].function(k, left[i], right[i], 0, 0, c[i], 0);
                const double taken = now() - start;
                best = taken < best ? taken : best;
            }
            printf("  [%s] %.0f", kernels[kernel].name, 2e-9 * m * n * k * sets / best);
            fflush(stdout);
        }
        puts(" GFLOP/s");
        for (int64_t i = 0; i < sets; i++) free(left[i]), free(right[i]), free(c[i].data);
    }
}
