// In front of the other files of YOSO: options, places of rows and codes, and what a pair weighs (CKernels' pairs.h and yoso.h).
// -DHEAD=16|32|64|128, the width of a head, which is the size of the Hadamard transform too.

struct Yoso {
    u64 site;         // key of the hashes' stream
    int drawn;        // 1: hashes of every sequence's own stream of `site`; 0: the same for all
    int bits;         // t of a hash code; 0 for log2 of each sequence's length
    int hashes;       // m
    int kernel_bits;  // T; 0 for t
    int exact;        // dE/dx is the derivative, or the lower bound T / 2 E
    int mass;         // sums are divided by the mass of their weights, or by their length
    int conditional;  // a selected pair weighs E / P, or the share of hashes that select it
    int pairs;        // the most keys a query meets on average, by bits chosen for every sequence and head; 0 for any number
    // [sequences, heads] of such: bits of a hash code, drawn ones behind them, and what yoso_budget.cu knows of them; or null
    const int4 *selections;
    u32 *met;   // [heads, padded] to which goes how many keys each query meets; or null
    int again;  // only for heads whose selection is another than at first
    int tiled;  // sequences of at most so many tokens are taken by tiles of all pairs, longer ones by lists
};

/// Lanes that share a row of a head, each 16 bytes, and how many rows a warp holds so.
#define GROUP (HEAD / VECTOR)
#define GROUPS (32 / GROUP)
#define EPSILON 1e-12f
#define COSINE_LIMIT (1.0f - 1e-6f)
#define PI 3.14159265358979324f

/// What a lane holds of a row, before it is widened.
#ifdef REAL_BF16
typedef uint4 Packed;
#else
typedef float4 Packed;
#endif
DEVICE Packed get_packed(const real *x) { return *(const Packed *)x; }
DEVICE void unpack(Packed packed, float *values) { get_vector((const real *)&packed, 0, values); }

/// One head of one sequence.
struct Place {
    int first, length, head, heads;
    /// Element 0 of queries (part 0), keys (1) or values (2) of token i among q | k | v.
    __device__ __forceinline__ long qkv(int part, int i) const {
        return ((long)(first + i) * 3 + part) * heads * HEAD + head * HEAD;
    }
    /// Element 0 of token i's head of a block [padded, heads · HEAD].
    __device__ __forceinline__ long row(int i) const { return ((long)(first + i) * heads + head) * HEAD; }
    /// Element 0 of hash h among codes, order or ranges, which lie sequence by sequence, [heads, hashes, length] each.
    __device__ __forceinline__ long hash(int h, int hashes) const {
        return (long)first * heads * hashes + ((long)head * hashes + h) * length;
    }
};

/// Codes of a row side by side, by multiples of 16 bytes.
DEVICE int code_stride(int hashes) { return (hashes + 7) / 8 * 8; }
DEVICE long codes_at(Place p, int i, int hashes) { return ((long)(p.first + i) * p.heads + p.head) * code_stride(hashes); }

DEVICE int hash_bits(Yoso o, int length) {
    if (o.bits) return o.bits;
    int bits = 31 - __clz(length) + (o.pairs > 0);
    return bits < 1 ? 1 : bits > 16 ? 16 : bits;
}
DEVICE int kernel_bits(Yoso o, int length) { return o.kernel_bits ? o.kernel_bits : hash_bits(o, length); }

/// Bits of the hash codes of a head, and drawn bits behind them.
DEVICE int2 selected_bits(Yoso o, Layout l, Place p) {
    if (!o.selections) return make_int2(hash_bits(o, p.length), 0);
    const int4 selection = o.selections[l.sequence[p.first] * p.heads + p.head];
    return make_int2(selection.x, selection.y);
}
/// Whether a head is not what is done again.
DEVICE bool is_settled(Yoso o, Layout l, Place p) {
    return o.again && o.selections[l.sequence[p.first] * p.heads + p.head].z == 0;
}

DEVICE float group_sum(float x) {
#pragma unroll
    for (int step = 1; step < GROUP; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}
/// Of the lanes with the same part of a row.
DEVICE float groups_sum(float x) {
#pragma unroll
    for (int step = GROUP; step < 32; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

/// s = 1 - arccos(x) / π, the probability that one bit of two codes agrees, |x| < 1; arccos is Abramowitz & Stegun's 4.4.46.
DEVICE float closeness(float x) {
    float a = fabsf(x), p = -0.0012624911f;
    p = fmaf(p, a, 0.0066700901f), p = fmaf(p, a, -0.0170881256f), p = fmaf(p, a, 0.0308918810f);
    p = fmaf(p, a, -0.0501743046f), p = fmaf(p, a, 0.0889789874f), p = fmaf(p, a, -0.2145988016f);
    p = fmaf(p, a, 1.5707963050f);
    p *= (1.0f - a) * rsqrtf(1.0f - a);
    return 1.0f - (x < 0 ? PI - p : p) * (1.0f / PI);
}
DEVICE float clamp_cosine(float x) { return fminf(fmaxf(x, -COSINE_LIMIT), COSINE_LIMIT); }

/// base^exponent by squaring.
DEVICE float power(float base, int exponent) {
    float result = exponent & 1 ? base : 1.0f;
    for (exponent >>= 1; exponent; exponent >>= 1) {
        base *= base;
        if (exponent & 1) result *= base;
    }
    return result;
}

/// W = E / P of a selected pair, E = s^T, P = 1 - (1 - 2^-a s^t)^m. Where m s^t is small P would lose digits: a short series.
DEVICE float conditional_weight(float s, int T, int2 bits, int hashes) {
    const float drawn = 1.0f / (float)(1 << bits.y);
    float m = (float)hashes, q = power(s, bits.x) * drawn, weight = power(s, T - bits.x) / drawn;
    if (m * q < 0.2f) {
        float series = m * (1.0f - (m - 1) / 2 * q * (1.0f - (m - 2) * (1.0f / 3) * q * (1.0f - (m - 3) / 4 * q)));
        return weight / series;
    }
    return weight * q / (1.0f - power(1.0f - q, hashes));
}

/// (dE/dx) / E: the lower bound T / 2, or exactly T / (π s √(1-x²)), x clamped.
DEVICE float relative_slope(int exact, int T, float x, float s) {
    return exact ? (float)T * (1 / PI) * rsqrtf(s * s * (1.0f - x * x)) : 0.5f * (float)T;
}

/// d of a unit row through its norm: dx = (d - (d·u) u) / |x|, u = x · inverse; zero where |x| is.
DEVICE void through_norm(float *d, const float *x, float inverse) {
    float product = 0;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) product += d[k] * x[k];
    product = group_sum(product) * inverse * inverse;
    float factor = inverse < 1 / EPSILON ? inverse : 0.0f;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) d[k] = (d[k] - product * x[k]) * factor;
}

/// y = s / divisor, in place: by |S|, which is returned, or by the mass; rows of zeros stay zero.
DEVICE float normalize_sums(Yoso o, float *s, float mass) {
    float squares = 0;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) squares += s[k] * s[k];
    float norm = sqrtf(group_sum(squares));
    float inverse = o.mass ? (mass < 0x1p-126f ? 0.0f : 1 / mass) : 1 / fmaxf(norm, EPSILON);
#pragma unroll
    for (int k = 0; k < VECTOR; k++) s[k] *= inverse;
    return o.mass ? mass : norm;
}

/// As it will be read again from a row of `real`.
DEVICE float rounded(float x) {
#ifdef REAL_BF16
    return widen(narrow(x));
#else
    return x;
#endif
}

/// G, the gradient of S, from that of Y, in place; returns δ: a weight W_ij gets G_i · V_j - δ_i (YosoNormalization.swift). δ is
/// that of the rounded G, so that both still cancel where a query meets one key alone.
DEVICE float sums_gradient(Yoso o, float *d, const float *y, float divisor) {
    float product = 0;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) product += d[k] * y[k];
    product = o.mass ? 0.0f : group_sum(product);
    const float inverse = divisor > (o.mass ? 0.0f : EPSILON) ? 1 / divisor : 0.0f;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) d[k] = rounded((d[k] - product * y[k]) * inverse);
    if (!o.mass) return 0;
    float delta = 0;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) delta += d[k] * y[k];
    return group_sum(delta);
}

/// Zeros into the rows from `rows` to `padded` of one part, as wide as all heads, of a block of rows; by the threads of one block.
DEVICE void clear_beyond(real *x, int rows, int padded, int parts, int part, int head, int heads) {
    float zeros[VECTOR] = {0};
    for (int at = threadIdx.x; at < (padded - rows) * GROUP; at += blockDim.x)
        put_vector(x, ((long)(rows + at / GROUP) * parts + part) * heads * HEAD + head * HEAD + at % GROUP * VECTOR, zeros);
}
