// In front of every kernel file. `real` is what activations lie in: float32, or bfloat16 where REAL_BF16 is defined. Sums are float32.
//
// Kernels are CUDA C++ without any header, for NVRTC. Where YOSO_EMULATED is defined a C++ compiler reads them, and its own file
// brings the words of CUDA and the five functions of the section "Hopper and before".
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

#ifndef YOSO_EMULATED
#define DYNAMIC_SHARED(type, name)                            \
    extern __shared__ __align__(16) unsigned char dynamic_[]; \
    type *name = (type *)dynamic_
#endif
#define KERNEL extern "C" __global__ void
#define DEVICE static __device__ __forceinline__

// bfloat16 -----------------------------------------------------------------------------------------------------------

struct bf16 {
    u16 bits;
};

DEVICE float widen(u16 bits) { return __uint_as_float((u32)bits << 16); }
/// To nearest, ties to even; NaN stays NaN.
DEVICE u16 narrow(float x) {
    u32 b = __float_as_uint(x);
    if ((b & 0x7fffffffu) > 0x7f800000u) return (u16)(b >> 16 | 64);
    return (u16)((b + 0x7fffu + (b >> 16 & 1)) >> 16);
}
/// Two at once, the first in the low half.
DEVICE u32 narrow2(float low, float high) {
#ifdef YOSO_EMULATED
    return narrow(low) | (u32)narrow(high) << 16;
#else
    u32 both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
#endif
}
DEVICE float low_half(u32 both) { return __uint_as_float(both << 16); }
DEVICE float high_half(u32 both) { return __uint_as_float(both & 0xffff0000u); }

// Activations --------------------------------------------------------------------------------------------------------

#ifdef REAL_BF16
typedef bf16 real;
/// Elements that one thread moves at once, 16 bytes.
#define VECTOR 8
DEVICE float get(const real *x, long i) { return widen(x[i].bits); }
DEVICE void put(real *x, long i, float value) { x[i].bits = narrow(value); }
DEVICE void get_vector(const real *x, long i, float *values) {
    uint4 w = *(const uint4 *)(x + i);
    values[0] = low_half(w.x), values[1] = high_half(w.x), values[2] = low_half(w.y), values[3] = high_half(w.y);
    values[4] = low_half(w.z), values[5] = high_half(w.z), values[6] = low_half(w.w), values[7] = high_half(w.w);
}
DEVICE void put_vector(real *x, long i, const float *values) {
    *(uint4 *)(x + i) = make_uint4(narrow2(values[0], values[1]), narrow2(values[2], values[3]),
                                   narrow2(values[4], values[5]), narrow2(values[6], values[7]));
}
#else
typedef float real;
#define VECTOR 4
DEVICE float get(const real *x, long i) { return x[i]; }
DEVICE void put(real *x, long i, float value) { x[i] = value; }
DEVICE void get_vector(const real *x, long i, float *values) {
    float4 w = *(const float4 *)(x + i);
    values[0] = w.x, values[1] = w.y, values[2] = w.z, values[3] = w.w;
}
DEVICE void put_vector(real *x, long i, const float *values) {
    *(float4 *)(x + i) = make_float4(values[0], values[1], values[2], values[3]);
}
#endif

// Random words, those of CKernels ------------------------------------------------------------------------------------

DEVICE u32 random_word(u64 key, u32 counter) {
    u32 x = counter + (u32)key;
    x ^= x >> 16, x *= 0x21f0aaadu, x ^= x >> 15, x *= 0xd35a2d97u, x ^= x >> 15;
    x += (u32)(key >> 32);
    x ^= x >> 16, x *= 0x7feb352du, x ^= x >> 15, x *= 0x846ca68bu, x ^= x >> 16;
    return x;
}
DEVICE u64 mixed(u64 z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
/// The key of `RandomStream.stream(index)`.
DEVICE u64 stream_key(u64 key, u64 index) { return mixed(key ^ mixed(index + 0x9E3779B97F4A7C15ull)); }

/// How the rows of a packed batch lie, and what is dropped of them: element (row, column) by the random word of its sequence's
/// stream and its place there, as on the CPU.
struct Layout {
    const int *offsets;   // [sequences + 1]
    const u64 *keys;      // [sequences]
    const int *sequence;  // of every row
    int rows;
};
struct Dropout {
    u64 site;       // key of the operation's stream
    u32 threshold;  // words below are dropped; 0 for none
    float kept;     // 1 / (1 - p)
};
DEVICE u64 row_key(Layout layout, Dropout dropout, int row) {
    return stream_key(dropout.site, layout.keys[layout.sequence[row]]);
}
/// The counter of the first element of a row.
DEVICE u32 row_counter(Layout layout, int row, int columns) {
    return (u32)(row - layout.offsets[layout.sequence[row]]) * (u32)columns;
}
DEVICE float dropped(Dropout dropout, u64 key, u32 counter, float x) {
    return random_word(key, counter) < dropout.threshold ? 0.0f : x * dropout.kept;
}

// Sums in one order --------------------------------------------------------------------------------------------------

DEVICE float warp_sum(float x) {
    for (int o = 16; o; o >>= 1) x += __shfl_xor_sync(0xffffffffu, x, o);
    return x;
}
DEVICE float warp_max(float x) {
    for (int o = 16; o; o >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, o));
    return x;
}

// Hopper and before: instructions that C++ has no word for -----------------------------------------------------------

#ifndef YOSO_EMULATED
/// d[16, 8] += a[16, 16] b[16, 8] of bf16 over a warp (PTX ISA, mma.m16n8k16).
DEVICE void mma16816(float *d, const u32 *a, const u32 *b) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
/// Four 8x8 matrices of bf16 from the rows of shared memory that the lanes point to, or their transposes (PTX ISA, ldmatrix).
DEVICE void load_matrices(u32 *r, const void *row) {
    u32 at = (u32)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at));
}
DEVICE void load_matrices_transposed(u32 *r, const void *row) {
    u32 at = (u32)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at));
}
/// 16 bytes to shared memory while the thread goes on; zeros where `from` is not to be read.
DEVICE void copy_ahead(void *to, const void *from, bool reads) {
    u32 at = (u32)__cvta_generic_to_shared(to);
    int bytes = reads ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes));
}
DEVICE void copies_commit() { asm volatile("cp.async.commit_group;"); }
/// Waits for all but the last `N` groups of this thread.
template <int N> DEVICE void copies_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N)); }
DEVICE float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
#endif
