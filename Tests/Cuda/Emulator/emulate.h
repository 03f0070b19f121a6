// CUDA on the CPU: the words of CUDA that the kernels use, for a C++17 compiler. In front of common.cu and a kernel file,
// with YOSO_EMULATED defined (here); NVRTC never sees it.
//
//     clang++ -std=c++17 -O2 -w -I Tests/Cuda/Emulator harness.cpp        harness.cpp: #include "emulate.h"
//                                                                                      #include "…/common.cu"
//     emulate(dim3(blocks), 256, shared_bytes, [&] { gelu(y, x, n, 0); });             #include "…/rows.cu"
//
// Add -fsanitize=address (global accesses out of bounds, where the arrays are malloc'ed and exact) or -fsanitize=alignment.
// Layouts of mma and ldmatrix: PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type" and "ldmatrix".
// What a kernel must not do aborts with a line that says where: see block.h.
#pragma once
#ifndef YOSO_EMULATED
#define YOSO_EMULATED
#endif
#include <math.h>
#include "block.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ static __attribute__((section("emulated_shared")))
#define __constant__ static
#define DYNAMIC_SHARED(type, name) type *name = (type *)emulated::machine.dynamic

// Types --------------------------------------------------------------------------------------------------------------

#define EMULATED_VECTORS(type, name)                                                                                \
    struct __attribute__((aligned(2 * sizeof(type)))) name##2 { type x, y; };                                       \
    struct __attribute__((aligned(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)))) name##4 { type x, y, z, w; };    \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                                         \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
EMULATED_VECTORS(float, float)
EMULATED_VECTORS(double, double)
EMULATED_VECTORS(int, int)
EMULATED_VECTORS(unsigned, uint)
EMULATED_VECTORS(short, short)
EMULATED_VECTORS(unsigned short, ushort)
EMULATED_VECTORS(unsigned char, uchar)
#undef EMULATED_VECTORS

/// Runs `kernel` for every thread of `grid` blocks of `block` threads.
template <class Kernel> static void emulate(dim3 grid, dim3 block, size_t shared, Kernel &&kernel) {
    auto body = [](void *context) { (*(decltype(&kernel))context)(); };
    emulated::launch("kernel", grid, block, shared, body, (void *)&kernel);
}

// Waiting, votes and shuffles ----------------------------------------------------------------------------------------

static inline void __syncthreads(int line = __builtin_LINE()) { emulated::barrier(line); }
static inline void __syncwarp(unsigned mask = ~0u, int line = __builtin_LINE()) {
    emulated::collective("__syncwarp", line, mask, 0, [](emulated::Warp &, unsigned) {});
}

namespace emulated {
struct Shuffle {
    unsigned long long value, result;
    int from;
};
template <class T> static T shuffled(const char *word, int line, unsigned mask, T value, int from) {
    static_assert(sizeof(T) <= 8, "shuffles move 4 or 8 bytes");
    Shuffle shuffle = {0, 0, from};
    memcpy(&shuffle.value, &value, sizeof value);
    collective(word, line, mask, &shuffle, [](Warp &warp, unsigned lanes) {
        for (int lane = 0; lane < 32; lane++) {
            if (!(lanes >> lane & 1)) continue;
            Shuffle *mine = (Shuffle *)warp.operand[lane];
            if (!(lanes >> mine->from & 1))
                fail("lane %d reads lane %d, of which only %08x take part in the shuffle", lane, mine->from, lanes);
            mine->result = ((Shuffle *)warp.operand[mine->from])->value;
        }
    });
    memcpy(&value, &shuffle.result, sizeof value);
    return value;
}
static unsigned ballot(const char *word, int line, unsigned mask, bool vote) {
    unsigned votes = vote;
    collective(word, line, mask, &votes, [](Warp &warp, unsigned lanes) {
        unsigned all = 0;
        for (int lane = 0; lane < 32; lane++)
            if (lanes >> lane & 1) all |= *(unsigned *)warp.operand[lane] << lane;
        for (int lane = 0; lane < 32; lane++)
            if (lanes >> lane & 1) *(unsigned *)warp.operand[lane] = all;
    });
    return votes;
}
static inline int own_lane() { return machine.current % 32; }
}  // namespace emulated

template <class T>
static T __shfl_sync(unsigned mask, T value, int lane, int width = 32, int line = __builtin_LINE()) {
    int first = emulated::own_lane() & ~(width - 1);
    return emulated::shuffled("__shfl_sync", line, mask, value, first + (lane & (width - 1)));
}
template <class T>
static T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, int line = __builtin_LINE()) {
    int lane = emulated::own_lane(), from = lane ^ bits;
    return emulated::shuffled("__shfl_xor_sync", line, mask, value, from > (lane | (width - 1)) ? lane : from);
}
template <class T>
static T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
    int lane = emulated::own_lane(), inside = lane & (width - 1);
    return emulated::shuffled("__shfl_up_sync", line, mask, value, inside < (int)by ? lane : lane - (int)by);
}
template <class T>
static T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE()) {
    int lane = emulated::own_lane(), inside = lane & (width - 1);
    return emulated::shuffled("__shfl_down_sync", line, mask, value, inside + (int)by >= width ? lane : lane + (int)by);
}
static inline unsigned __ballot_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
    return emulated::ballot("__ballot_sync", line, mask, vote);
}
static inline int __any_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
    return emulated::ballot("__any_sync", line, mask, vote) != 0;
}
static inline int __all_sync(unsigned mask, int vote, int line = __builtin_LINE()) {
    return emulated::ballot("__all_sync", line, mask, !vote) == 0;
}

// Numbers ------------------------------------------------------------------------------------------------------------

template <class T> static inline T emulated_add(T *at, T value) {
    T old = *at;
    *at = old + value;
    return old;
}
static inline int atomicAdd(int *at, int value) { return emulated_add(at, value); }
static inline unsigned atomicAdd(unsigned *at, unsigned value) { return emulated_add(at, value); }
// Sums of floats in no order would not have the same bits on every run.
float atomicAdd(float *, float) = delete;
double atomicAdd(double *, double) = delete;

static inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
static inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
static inline float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
static inline int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline float rsqrtf(float x) { return 1 / sqrtf(x); }
/// To nearest, ties to even, saturated; NaN is 0.
static inline int __float2int_rn(float x) {
    return x != x ? 0 : x >= 2147483648.0f ? 2147483647 : x < -2147483648.0f ? -2147483647 - 1 : (int)rintf(x);
}
template <class T> static inline T __ldg(const T *at) { return *at; }
template <class T> static inline T min(T a, T b) { return b < a ? b : a; }
template <class T> static inline T max(T a, T b) { return a < b ? b : a; }
/// ex2.approx.ftz: what is subnormal is 0.
static inline float exp2_fast(float x) {
    float y = exp2f(x);
    return y < 1.17549435e-38f ? 0 : y;
}

// Tensor cores and copies --------------------------------------------------------------------------------------------

namespace emulated {
struct Product {
    float *d;
    const unsigned *a, *b;
};
struct Matrices {
    unsigned *r;
    const unsigned short *row;
};
static inline float half_of(unsigned both, int high) { return __uint_as_float(high ? both & 0xffff0000u : both << 16); }
static void whole(const char *word, unsigned lanes) {
    if (lanes != ~0u) fail("%s by lanes %08x alone: all 32 of a warp have to take part", word, lanes);
}
template <bool TRANSPOSED> static void load(Warp &warp, unsigned lanes) {
    whole("ldmatrix", lanes);
    unsigned loaded[32][4];
    for (int lane = 0; lane < 32; lane++)
        for (int m = 0; m < 4; m++) {
            auto element = [&](int j) -> unsigned {
                int row = TRANSPOSED ? lane % 4 * 2 + j : lane / 4, column = TRANSPOSED ? lane / 4 : lane % 4 * 2 + j;
                return ((Matrices *)warp.operand[8 * m + row])->row[column];
            };
            loaded[lane][m] = element(0) | element(1) << 16;
        }
    for (int lane = 0; lane < 32; lane++) memcpy(((Matrices *)warp.operand[lane])->r, loaded[lane], 16);
}
static void multiply(Warp &warp, unsigned lanes) {
    whole("mma", lanes);
    float a[16][16], b[16][8], d[16][8];
    for (int lane = 0; lane < 32; lane++) {
        Product *p = (Product *)warp.operand[lane];
        int row = lane / 4, two = lane % 4 * 2;
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 2; j++) a[row + i % 2 * 8][two + i / 2 * 8 + j] = half_of(p->a[i], j);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) b[two + i * 8 + j][row] = half_of(p->b[i], j);
        for (int i = 0; i < 4; i++) d[row + i / 2 * 8][two + i % 2] = p->d[i];
    }
    for (int i = 0; i < 16; i++)
        for (int k = 0; k < 16; k++)
            for (int j = 0; j < 8; j++) d[i][j] += a[i][k] * b[k][j];
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++)
            ((Product *)warp.operand[lane])->d[i] = d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
}
static inline void aligned(const char *word, const void *at) {
    if ((size_t)at % 16) fail("%s at %p, which is not a multiple of 16", word, at);
}
}  // namespace emulated

static inline void mma16816(float *d, const unsigned *a, const unsigned *b, int line = __builtin_LINE()) {
    emulated::Product product = {d, a, b};
    emulated::collective("mma16816", line, ~0u, &product, emulated::multiply);
}
static inline void load_matrices(unsigned *r, const void *row, int line = __builtin_LINE()) {
    emulated::aligned("ldmatrix", row);
    emulated::Matrices matrices = {r, (const unsigned short *)row};
    emulated::collective("load_matrices", line, ~0u, &matrices, emulated::load<false>);
}
static inline void load_matrices_transposed(unsigned *r, const void *row, int line = __builtin_LINE()) {
    emulated::aligned("ldmatrix", row);
    emulated::Matrices matrices = {r, (const unsigned short *)row};
    emulated::collective("load_matrices_transposed", line, ~0u, &matrices, emulated::load<true>);
}
/// The copy itself is made as late as it may be, at `copies_wait`; NaN bits lie there until then, so that a wait too few shows.
static inline void copy_ahead(void *to, const void *from, bool reads) {
    emulated::Thread &thread = emulated::machine.thread[emulated::machine.current];
    emulated::aligned("cp.async", to);
    emulated::aligned("cp.async", reads ? from : 0);
    if (thread.count == thread.room) {
        thread.room = thread.room * 2 + 16;
        thread.copies = (emulated::Copy *)realloc(thread.copies, thread.room * sizeof(emulated::Copy));
    }
    thread.copies[thread.count++] = {to, reads ? from : 0, thread.group};
    memset(to, 0xFF, 16);
}
static inline void copies_commit() { emulated::machine.thread[emulated::machine.current].group++; }
template <int N> static inline void copies_wait() {
    emulated::Thread &thread = emulated::machine.thread[emulated::machine.current];
    int done = 0;
    for (; done < thread.count && thread.copies[done].group < thread.group - N; done++) {
        emulated::Copy copy = thread.copies[done];
        if (copy.from) memcpy(copy.to, copy.from, 16);
        else memset(copy.to, 0, 16);
    }
    thread.count -= done;
    memmove(thread.copies, thread.copies + done, thread.count * sizeof(emulated::Copy));
}
