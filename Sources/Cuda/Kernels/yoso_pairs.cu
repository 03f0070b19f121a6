// Sums over the pairs that hashes select, found through sorted codes: YOSO-m, forward and backward, a warp a row, without atomics.
//
// Both gradients are one: with a row's own side (queries: a = G_i, x = V; keys: a = V_j, x = G) the pair's slope is
// w = (a · x_other - δ) W (dE/dx) / E, and the gradient of the unit row Σ w (unit row of the other side).

/// Tokens of a bucket that a lane lists at once, and of a whole list.
#define FEW 8
#define LISTED (32 * FEW)
/// Rows of a group in flight.
#define AHEAD 2

/// The pairs of row i, hash by hash, 32 hashes at a time: a lane a hash.
struct Search {
    const u16 *order;
    const u32 *ranges;
    const u16 *own, *others;  // codes side by side: of this row, of row 0 of the other side
    int length, hashes, i, next;
    long apart;               // codes between two rows of the other side
    u32 begin, count;
};

/// Whether an earlier hash than h selects this row and row j of the other side.
DEVICE bool met_before(const Search &s, int j, int h) {
    const uint4 *a = (const uint4 *)s.own, *b = (const uint4 *)(s.others + j * s.apart);
    for (int from = 0; from < h; from += 8) {
        const uint4 x = a[from / 8], y = b[from / 8];
        const u32 words[4] = {x.x ^ y.x, x.y ^ y.y, x.z ^ y.z, x.w ^ y.w};
        u32 same = 0;
#pragma unroll
        for (int k = 0; k < 4; k++) same |= (words[k] & 0xffffu ? 0u : 1u << 2 * k) | (words[k] >> 16 ? 0u : 2u << 2 * k);
        if (h - from < 8) same &= (1u << (h - from)) - 1;
        if (same) return true;
    }
    return false;
}

/// Lists the next pairs by their tokens; returns how many, 0 at the end. With ONCE a pair is listed for its first hash alone.
template <bool ONCE> DEVICE int list_pairs(Search &s, u16 *list) {
    const int lane = threadIdx.x % 32;
    __syncwarp();
    for (;;) {
        while (!__any_sync(0xffffffffu, s.count > 0)) {
            if (s.next >= s.hashes) return 0;
            const int h = s.next + lane;
            if (h < s.hashes) {
                const u32 range = s.ranges[(long)h * s.length + s.i];
                s.begin = range & 0xffffu, s.count = (range >> 16) + 1 - s.begin;
            }
            s.next += 32;
        }
        const u32 some = s.count < FEW ? s.count : FEW;
        const int h = s.next - 32 + lane;
        const u16 *tokens = s.order + (long)h * s.length + s.begin;
        u32 kept = (1u << some) - 1;
        if (ONCE)
            for (u32 k = 0; k < some; k++)
                if (met_before(s, tokens[k], h)) kept &= ~(1u << k);
        const u32 mine = __popc(kept);
        u32 end = mine;
        for (int step = 1; step < 32; step *= 2) {
            u32 before = __shfl_up_sync(0xffffffffu, end, step);
            if (lane >= step) end += before;
        }
        const int total = (int)__shfl_sync(0xffffffffu, end, 31);
        u32 at = end - mine;
        for (u32 k = 0; k < some; k++)
            if (!ONCE || kept >> k & 1) list[at++] = tokens[k];
        s.begin += some, s.count -= some;
        if (total) {
            __syncwarp();
            return total;
        }
    }
}

DEVICE Search search(Place p, const u16 *order, const u32 *ranges, const u16 *row_codes, bool keys, Layout l, Yoso o, int i) {
    const int m = o.hashes;
    Search s = {order + p.hash(0, m), ranges + p.hash(0, m), row_codes, row_codes, p.length, m, i, 0, 0, 0, 0};
    if (row_codes) {
        const long side = (long)l.rows * p.heads * code_stride(m);
        s.own += (keys ? side : 0) + codes_at(p, i, m);
        s.others += (keys ? 0 : side) + codes_at(p, 0, m);
        s.apart = (long)p.heads * code_stride(m);
    }
    return s;
}

/// Token of pair `at` of a list, or of the first pair beyond the end.
DEVICE int listed(const u16 *list, int at, int total) { return list[at < total ? at : 0]; }

/// y = S / divisor, S_i = Σ_j W_ij V_j, W_ij the share of hashes that select the pair, or E / P.
template <bool CONDITIONAL>
DEVICE void sums(u16 *list, float *weights, real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes,
                 const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    const int4 tile = tiles[blockIdx.x / 8];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int lane = threadIdx.x % 32, group = lane / GROUP, part = lane % GROUP * VECTOR;
    const int i = tile.x - tile.z + blockIdx.x % 8 * 8 + threadIdx.x / 32;
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, p.head, heads);
    if (i >= p.length) return;
    const float *inverse = inverses + (long)p.head * padded + p.first + i, *others = inverse - i + (long)heads * padded;
    const real *keys = qkv + p.qkv(1, 0) + part, *values = qkv + p.qkv(2, 0) + part;
    const long apart = 3l * heads * HEAD;
    const int t = hash_bits(o, p.length), T = kernel_bits(o, p.length);
    float own[VECTOR], sum[VECTOR] = {0}, mass = 0;
    if (CONDITIONAL) {
        get_vector(qkv, p.qkv(0, i) + part, own);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) own[k] *= *inverse;
    }
    Search s = search(p, order, ranges, row_codes, false, l, o, i);
    int met = 0;
    for (int total; (total = list_pairs<CONDITIONAL>(s, list));) {
        met += total;
        if (CONDITIONAL) {
            for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
                float x[AHEAD][VECTOR];
#pragma unroll
                for (int u = 0; u < AHEAD; u++) get_vector(keys, listed(list, p0 + u * GROUPS, total) * apart, x[u]);
#pragma unroll
                for (int u = 0; u < AHEAD; u++) {
                    float dot = 0;
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) dot += own[k] * x[u][k];
                    dot = group_sum(dot);
                    if (part == 0 && p0 + u * GROUPS < total) weights[p0 + u * GROUPS] = dot;
                }
            }
            __syncwarp();
            for (int at = lane; at < total; at += 32) {
                const float x = clamp_cosine(weights[at] * others[list[at]]);
                mass += weights[at] = conditional_weight(closeness(x), T, t, o.hashes);
            }
            __syncwarp();
        }
        for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
            float x[AHEAD][VECTOR];
#pragma unroll
            for (int u = 0; u < AHEAD; u++) get_vector(values, listed(list, p0 + u * GROUPS, total) * apart, x[u]);
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                const int at = p0 + u * GROUPS;
                const float weight = at < total ? CONDITIONAL ? weights[at] : 1.0f : 0.0f;
#pragma unroll
                for (int k = 0; k < VECTOR; k++) sum[k] += weight * x[u][k];
            }
        }
    }
    const float each = 1.0f / (float)o.hashes;
    mass = CONDITIONAL ? warp_sum(mass) : (float)met * each;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) sum[k] = groups_sum(sum[k]) * (CONDITIONAL ? 1.0f : each);
    const float divisor = normalize_sums(o, sum, mass);
    if (group == 0) put_vector(y, p.row(i) + part, sum);
    if (lane == 0) divisors[(long)p.head * padded + p.first + i] = divisor;
}

// grid (8 · tiles, heads), block 256: a warp a query; order and ranges of sorted keys
KERNEL __launch_bounds__(256)
yoso_sums_counts(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                 const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    sums<false>(lists[threadIdx.x / 32], 0, y, divisors, order, ranges, row_codes, inverses, qkv, tiles, l, o, heads, padded);
}

// as yoso_sums_counts
KERNEL __launch_bounds__(256)
yoso_sums_conditional(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                      const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float weights[8][LISTED];
    const int warp = threadIdx.x / 32;
    sums<true>(lists[warp], weights[warp], y, divisors, order, ranges, row_codes, inverses, qkv, tiles, l, o, heads, padded);
}

/// What one row gets of its pairs: d = Σ w (unit row of the other side) and, of keys, e = Σ W x, summed over groups.
/// `from` is x of token 0, `others` the raw row of token 0 of the other side, each at this lane's part; `own` is unit.
template <bool KEYS, bool WEIGHED>
DEVICE void add_pairs(Search s, u16 *list, float *cosines, float *slopes, const float *a, const float *own, float delta,
                      const float *deltas, const real *from, long from_apart, const real *others, long others_apart,
                      const float *inverses, Yoso o, int t, int T, float *d, float *e) {
    const int lane = threadIdx.x % 32, group = lane / GROUP, part = lane % GROUP;
    const float each = 1.0f / (float)o.hashes;
    const bool once = WEIGHED && o.conditional;
    for (int total; (total = once ? list_pairs<WEIGHED>(s, list) : list_pairs<false>(s, list));) {
        for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
            float x[AHEAD][VECTOR], z[AHEAD][VECTOR];
            int j[AHEAD];
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                j[u] = listed(list, p0 + u * GROUPS, total);
                get_vector(from, j[u] * from_apart, x[u]);
                get_vector(others, j[u] * others_apart, z[u]);
            }
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                const int at = p0 + u * GROUPS;
                float slope = 0, cosine = 0;
#pragma unroll
                for (int k = 0; k < VECTOR; k++) slope += a[k] * x[u][k];
                slope = group_sum(slope);
                if (WEIGHED) {
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) cosine += own[k] * z[u][k];
                    cosine = group_sum(cosine);
                    if (part == 0 && at < total) slopes[at] = slope, cosines[at] = cosine;
                } else {
                    const float weight = at < total ? each : 0.0f;
                    const float w = (slope - (KEYS && o.mass ? deltas[j[u]] : delta)) * weight * inverses[j[u]];
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) {
                        d[k] += w * z[u][k];
                        if (KEYS) e[k] += weight * x[u][k];
                    }
                }
            }
        }
        if (!WEIGHED) continue;
        __syncwarp();
        for (int at = lane; at < total; at += 32) {
            const int j = list[at];
            const float x = clamp_cosine(cosines[at] * inverses[j]), s = closeness(x);
            const float weight = o.conditional ? conditional_weight(s, T, t, o.hashes) : each;
            cosines[at] = weight;
            slopes[at] = (slopes[at] - (KEYS && o.mass ? deltas[j] : delta)) * relative_slope(o.exact, T, x, s) * weight * inverses[j];
        }
        __syncwarp();
        for (int p0 = group; p0 < total; p0 += GROUPS) {
            float x[VECTOR], z[VECTOR];
            const int j = list[p0];
            get_vector(others, j * others_apart, z);
            if (KEYS) get_vector(from, j * from_apart, x);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) {
                d[k] += slopes[p0] * z[k];
                if (KEYS) e[k] += cosines[p0] * x[k];
            }
        }
    }
#pragma unroll
    for (int k = 0; k < VECTOR; k++) {
        d[k] = groups_sum(d[k]) * (WEIGHED ? 1.0f : 0.5f * (float)t);
        if (KEYS) e[k] = groups_sum(e[k]);
    }
}

/// G and δ of every query, for the keys' gradient, and dq = Σ_j w_ij k̂_j through q's norm.
template <bool WEIGHED>
DEVICE void query_gradient(u16 *list, float *cosines, float *slopes, real *dqkv, real *g, float *deltas, const real *dy,
                           const real *y, const float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes,
                           const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    const int4 tile = tiles[blockIdx.x / 8];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int lane = threadIdx.x % 32, part = lane % GROUP * VECTOR;
    const int i = tile.x - tile.z + blockIdx.x % 8 * 8 + threadIdx.x / 32;
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, p.head, heads);
    if (i >= p.length) return;
    const long at = (long)p.head * padded + p.first, apart = 3l * heads * HEAD;
    float a[VECTOR], out[VECTOR], own[VECTOR], d[VECTOR] = {0};
    get_vector(dy, p.row(i) + part, a);
    get_vector(y, p.row(i) + part, out);
    const float delta = sums_gradient(o, a, out, divisors[at + i]);
    if (lane < GROUP) put_vector(g, p.row(i) + part, a);
    if (lane == 0) deltas[at + i] = delta;
    const float inverse = inverses[at + i];
    get_vector(qkv, p.qkv(0, i) + part, own);
    float unit[VECTOR];
#pragma unroll
    for (int k = 0; k < VECTOR; k++) unit[k] = own[k] * inverse;
    add_pairs<false, WEIGHED>(search(p, order, ranges, row_codes, false, l, o, i), list, cosines, slopes, a, unit, delta, 0,
                              qkv + p.qkv(2, 0) + part, apart, qkv + p.qkv(1, 0) + part, apart,
                              inverses + (long)heads * padded + at, o, hash_bits(o, p.length), kernel_bits(o, p.length), d, 0);
    through_norm(d, own, inverse);
    if (lane < GROUP) put_vector(dqkv, p.qkv(0, i) + part, d);
}

// grid (8 · tiles, heads), block 256: a warp a query; order and ranges of sorted keys; counts with the lower bound
KERNEL __launch_bounds__(256)
yoso_query_gradient_counts(real *dqkv, real *g, float *deltas, const real *dy, const real *y, const float *divisors,
                           const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses, const real *qkv,
                           const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    query_gradient<false>(lists[threadIdx.x / 32], 0, 0, dqkv, g, deltas, dy, y, divisors, order, ranges, row_codes, inverses, qkv,
                          tiles, l, o, heads, padded);
}

// as yoso_query_gradient_counts; counts with the exact derivative, and conditional
KERNEL __launch_bounds__(256)
yoso_query_gradient_weighed(real *dqkv, real *g, float *deltas, const real *dy, const real *y, const float *divisors,
                            const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses, const real *qkv,
                            const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float cosines[8][LISTED], slopes[8][LISTED];
    const int warp = threadIdx.x / 32;
    query_gradient<true>(lists[warp], cosines[warp], slopes[warp], dqkv, g, deltas, dy, y, divisors, order, ranges, row_codes,
                         inverses, qkv, tiles, l, o, heads, padded);
}

/// dk = Σ_i w_ij q̂_i through k's norm, and dv = Σ_i W_ij G_i.
template <bool WEIGHED>
DEVICE void key_gradient(u16 *list, float *cosines, float *slopes, real *dqkv, const real *g, const float *deltas,
                         const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses, const real *qkv,
                         const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    const int4 tile = tiles[blockIdx.x / 8];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int lane = threadIdx.x % 32, part = lane % GROUP * VECTOR;
    const int j = tile.x - tile.z + blockIdx.x % 8 * 8 + threadIdx.x / 32;
    if (blockIdx.x == gridDim.x - 1) {
        clear_beyond(dqkv, l.rows, padded, 3, 1, p.head, heads);
        clear_beyond(dqkv, l.rows, padded, 3, 2, p.head, heads);
    }
    if (j >= p.length) return;
    const long at = (long)p.head * padded + p.first, width = (long)heads * HEAD;
    const float inverse = inverses[(long)heads * padded + at + j];
    float value[VECTOR], own[VECTOR], unit[VECTOR], d[VECTOR] = {0}, e[VECTOR] = {0};
    get_vector(qkv, p.qkv(2, j) + part, value);
    get_vector(qkv, p.qkv(1, j) + part, own);
#pragma unroll
    for (int k = 0; k < VECTOR; k++) unit[k] = own[k] * inverse;
    add_pairs<true, WEIGHED>(search(p, order, ranges, row_codes, true, l, o, j), list, cosines, slopes, value, unit, 0,
                             deltas + at, g + p.row(0) + part, width, qkv + p.qkv(0, 0) + part, 3 * width, inverses + at, o,
                             hash_bits(o, p.length), kernel_bits(o, p.length), d, e);
    through_norm(d, own, inverse);
    if (lane >= GROUP) return;
    put_vector(dqkv, p.qkv(1, j) + part, d);
    put_vector(dqkv, p.qkv(2, j) + part, e);
}

// grid (8 · tiles, heads), block 256: a warp a key; order and ranges of sorted queries; counts with the lower bound
KERNEL __launch_bounds__(256)
yoso_key_gradient_counts(real *dqkv, const real *g, const float *deltas, const u16 *order, const u32 *ranges,
                         const u16 *row_codes, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                         int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    key_gradient<false>(lists[threadIdx.x / 32], 0, 0, dqkv, g, deltas, order, ranges, row_codes, inverses, qkv, tiles, l, o, heads,
                        padded);
}

// as yoso_key_gradient_counts; counts with the exact derivative, and conditional
KERNEL __launch_bounds__(256)
yoso_key_gradient_weighed(real *dqkv, const real *g, const float *deltas, const u16 *order, const u32 *ranges,
                          const u16 *row_codes, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                          int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float cosines[8][LISTED], slopes[8][LISTED];
    const int warp = threadIdx.x / 32;
    key_gradient<true>(lists[warp], cosines[warp], slopes[warp], dqkv, g, deltas, order, ranges, row_codes, inverses, qkv, tiles, l,
                       o, heads, padded);
}
