// What every kernel file shares: the clones, the floating-point licence, exp and the counter-based random words.
#ifndef KERNELS_H
#define KERNELS_H

#include "CKernels.h"
#include <math.h>
#include <string.h>

#if defined(CK_AVX2)
#define CLONES __attribute__((target("arch=x86-64-v3")))
#elif defined(__x86_64__) && defined(__linux__) && !defined(CK_BASELINE)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// What is made for AVX2 alone, and called where `is_avx2`, and for AVX-512 alone.
#if defined(__x86_64__)
#define WIDE __attribute__((target("arch=x86-64-v3")))
#define WIDEST __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#else
#define WIDE
#define WIDEST
#endif

#define INLINE static inline __attribute__((always_inline))

/// Whether the CPU has AVX2, or more.
INLINE int has_avx2(void) {
#if defined(__x86_64__) && !defined(CK_BASELINE)
    __builtin_cpu_init();
    return __builtin_cpu_supports("x86-64-v3") != 0;
#else
    return 0;
#endif
}

/// Whether AVX2 is the level of kernels: the most that the CPU has, or that the package was built for.
INLINE int is_avx2(void) {
#if defined(CK_AVX2)
    return 1;
#elif defined(__x86_64__) && !defined(CK_BASELINE)
    return has_avx2() && !__builtin_cpu_supports("x86-64-v4");
#else
    return 0;
#endif
}

// Reductions may be reordered into lanes, and a*b+c may be fused; nothing else of -ffast-math.
#define FAST _Pragma("clang fp reassociate(on) contract(fast)")

// An operation rounds for itself, whatever the CPU can fuse: the bits are those of any other.
#define UNFUSED _Pragma("clang fp contract(off)")

// Without libm's errno, which would keep loops scalar.
#define square_root(x) __builtin_elementwise_sqrt(x)

/// e^x to 2 units in the last place (Cephes' polynomial), saturating outside of ±87.
INLINE float exp_float(float x) {
    FAST
    x = x > 88.0f ? 88.0f : x;
    x = x < -87.0f ? -87.0f : x;
    // Adding 1.5·2²³ rounds to an integer in the low mantissa bits.
    const float rounder = 12582912.0f;
    float shifted = x * 1.44269504088896341f + rounder;
    float k = shifted - rounder;
    float r = x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/// e^x of a weight: zero where exp_float saturates, as of a key that is hidden, since what it has there would not be normal any more
/// after a division, and costs a product on an Intel a hundred times its time.
INLINE float exp_weight(float x) { return x < -87.0f ? 0.0f : exp_float(x); }

/// x, or zero below `least`, before what decays to numbers of too few bits stays there, since rounding keeps these, and costs as much.
INLINE float flushed(float x, float least) { return __builtin_fabsf(x) < least ? 0.0f : x; }

/// 1 / x of a sum of what is never negative; what is smaller than a normal number has no finite inverse, and gives 0. NaN stays.
INLINE float inverse_or_zero(float x) { return x < 0x1p-126f ? 0.0f : 1.0f / x; }

INLINE float dot_product(int64_t n, const float *x, const float *y) {
    FAST
    float sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/// A uniform 32-bit word that depends on all bits of (key, counter): two rounds of a bijective mixer
/// (Wellons' lowbias32), keyed before each.
INLINE uint32_t random_word(uint64_t key, uint32_t counter) {
    uint32_t x = counter + (uint32_t)key;
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x *= 0xd35a2d97u;
    x ^= x >> 15;
    x += (uint32_t)(key >> 32);
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

/// x[i] = x[i] / (1 - probability) or 0, by the random word of (key, first + i).
INLINE void drop(int64_t n, uint64_t key, uint32_t first, float probability, float *x) {
    const uint32_t threshold = (uint32_t)(probability * 4294967296.0);
    const float kept = 1.0f / (1.0f - probability);
    for (int64_t i = 0; i < n; i++) {
        float factor = random_word(key, first + (uint32_t)i) < threshold ? 0.0f : kept;
        x[i] *= factor;
    }
}

enum { UNKNOWN = 3 };

/// What `ask` says, kept in `answer`, which begins UNKNOWN. Should several threads ask at once, any of their answers will do.
INLINE int32_t asked_once(_Atomic int32_t *answer, int32_t (*ask)(void)) {
    int32_t known = __c11_atomic_load(answer, __ATOMIC_RELAXED);
    if (known != UNKNOWN) return known;
    known = ask();
    __c11_atomic_store(answer, known, __ATOMIC_RELAXED);
    return known;
}

/// ck_attend_scratch, ck_attend, ck_attend_pairs and their gradients.
typedef struct {
    int64_t (*scratch)(int64_t n, int64_t width);
    void (*attend)(ck_attention_head head, ck_matrix y, float *log_sum, float *scratch);
    void (*gradient)(ck_attention_head head, ck_matrix dy, const float *log_sum, const float *delta, ck_matrix dquery,
                     ck_matrix dkey, ck_matrix dvalue, float *scratch);
    void (*attend_pairs)(ck_attention_head head, ck_pair_law law, ck_matrix sums, float *mass, float *scratch);
    void (*pairs_gradient)(ck_attention_head head, ck_pair_law law, ck_matrix g, const float *delta, ck_matrix dquery,
                           ck_matrix dkey, ck_matrix dvalue, float *scratch);
} attention_kernels;
extern const attention_kernels attention_avx2, attention_avx512;

/// What ck_amx answers where tiles are emulated.
enum { AMX_EMULATED = 2 };

/// ck_bf16_multiply by tiles, emulated or not, where ck_amx, and gelu(c) unless null.
void ck_tile_multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start, int accumulates,
                      ck_matrix c, const ck_gelu_panels *gelu);
/// The same by the instructions of AMX.
void ck_amx_multiply(int64_t depth, const uint32_t *left, const uint32_t *right, const float *start, int accumulates,
                     ck_matrix c, const ck_gelu_panels *gelu);

/// ck_hadamard_codes, where has_avx2.
void codes_avx2(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *factors, uint16_t *codes);

/// The upper half of the nearest bf16 number, of two the even one; NaN stays NaN.
INLINE uint32_t upper_half(uint32_t word) {
    const uint32_t rounded = (word + 0x7fff + (word >> 16 & 1)) >> 16;
    return (word & 0x7fffffff) > 0x7f800000 ? word >> 16 | 0x40 : rounded;
}

#endif
