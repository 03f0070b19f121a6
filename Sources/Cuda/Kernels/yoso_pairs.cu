// The pairs that hashes select, found through sorted codes, and the sums over them: YOSO-m, a warp a row, without atomics.

/// What a pair weighs: the share of hashes that select it; that, or E / P, or its derivative by the cosine; E, of all pairs.
enum Law { COUNTS, WEIGHED, ALL };

/// Tokens of a bucket that a lane lists at once, and of a whole list.
#define FEW 8
#define LISTED (32 * FEW)
/// Rows of a group in flight.
#define AHEAD 2

/// What a warp works with: one head of a sequence, and its own part of shared memory.
struct Pass {
    const real *qkv;
    const float *inverses;
    const u16 *order;
    const u32 *ranges;
    const u16 *row_codes;
    Layout l;
    Yoso o;
    Place place;
    int padded;
    u16 *list;               // [LISTED]
    float *cosines, *slopes;  // [LISTED], not of counts
    /// 1 / |x| of token 0's query, or key.
    __device__ __forceinline__ const float *inverse(bool keys) const {
        return inverses + ((long)(keys ? place.heads : 0) + place.head) * padded + place.first;
    }
    /// This lane's part of token 0 among queries (part 0), keys (1) or values (2), and how far apart those of two tokens are.
    __device__ __forceinline__ const real *lane_part(int part) const {
        return qkv + place.qkv(part, 0) + threadIdx.x % 32 % GROUP * VECTOR;
    }
    __device__ __forceinline__ long apart() const { return 3l * place.heads * HEAD; }
};

/// The pairs of row i, hash by hash, 32 hashes at a time: a lane a hash.
struct Search {
    const u16 *order;
    const u32 *ranges;
    const u16 *own, *others;  // codes side by side: of this row, of row 0 of the other side
    int length, hashes, i, next;
    long apart;  // codes between two rows of the other side
    u32 begin, count;
};

DEVICE Search search(const Pass &pass, bool keys, int i) {
    const Place p = pass.place;
    const int m = pass.o.hashes;
    Search s = {pass.order, pass.ranges, pass.row_codes, pass.row_codes, p.length, m, i, 0, 0, 0, 0};
    if (pass.order) s.order += p.hash(0, m), s.ranges += p.hash(0, m);
    if (pass.row_codes) {
        const long side = (long)pass.l.rows * p.heads * code_stride(m);
        s.own += (keys ? side : 0) + codes_at(p, i, m);
        s.others += (keys ? 0 : side) + codes_at(p, 0, m);
        s.apart = (long)p.heads * code_stride(m);
    }
    return s;
}

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

/// Lists the next pairs by their tokens; returns how many, 0 at the end. With `once` a pair is listed for its first hash alone.
template <int LAW> DEVICE int list_pairs(Search &s, u16 *list, bool once) {
    const int lane = threadIdx.x % 32;
    __syncwarp();
    if (LAW == ALL) {
        const int total = s.length - s.next < LISTED ? s.length - s.next : LISTED;
        for (int at = lane; at < total; at += 32) list[at] = (u16)(s.next + at);
        s.next += total;
        __syncwarp();
        return total;
    }
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
        if (LAW == WEIGHED && once)
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
            if (kept >> k & 1) list[at++] = tokens[k];
        s.begin += some, s.count -= some;
        if (total) {
            __syncwarp();
            return total;
        }
    }
}

/// Token of pair `at` of a list, or of the first pair beyond the end.
DEVICE int listed(const u16 *list, int at, int total) { return list[at < total ? at : 0]; }

/// W of a pair whose cosine is of closeness s.
template <int LAW> DEVICE float pair_weight(Yoso o, float s, int T, int t) {
    if (LAW == ALL) return power(s, T);
    return o.conditional ? conditional_weight(s, T, t, o.hashes) : 1.0f / (float)o.hashes;
}

/// y_i = S / divisor, S_i = Σ_j W_ij V_j.
template <int LAW> DEVICE void sums(const Pass &pass, int i, real *y, float *divisors) {
    const Place p = pass.place;
    const Yoso o = pass.o;
    const int lane = threadIdx.x % 32, group = lane / GROUP, part = lane % GROUP * VECTOR;
    const float *others = pass.inverse(true);
    const real *keys = pass.lane_part(1), *values = pass.lane_part(2);
    const long apart = pass.apart();
    const int t = hash_bits(o, p.length), T = kernel_bits(o, p.length);
    float own[VECTOR], sum[VECTOR] = {0}, mass = 0;
    if (LAW != COUNTS) {
        const float inverse = pass.inverse(false)[i];
        get_vector(pass.lane_part(0), i * apart, own);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) own[k] *= inverse;
    }
    Search s = search(pass, false, i);
    int met = 0;
    for (int total; (total = list_pairs<LAW>(s, pass.list, true));) {
        met += total;
        if (LAW != COUNTS) {
            for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
                float x[AHEAD][VECTOR];
#pragma unroll
                for (int u = 0; u < AHEAD; u++) get_vector(keys, listed(pass.list, p0 + u * GROUPS, total) * apart, x[u]);
#pragma unroll
                for (int u = 0; u < AHEAD; u++) {
                    float dot = 0;
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) dot += own[k] * x[u][k];
                    dot = group_sum(dot);
                    if (part == 0 && p0 + u * GROUPS < total) pass.cosines[p0 + u * GROUPS] = dot;
                }
            }
            __syncwarp();
            for (int at = lane; at < total; at += 32) {
                const float x = clamp_cosine(pass.cosines[at] * others[pass.list[at]]);
                mass += pass.cosines[at] = pair_weight<LAW>(o, closeness(x), T, t);
            }
            __syncwarp();
        }
        for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
            float x[AHEAD][VECTOR];
#pragma unroll
            for (int u = 0; u < AHEAD; u++) get_vector(values, listed(pass.list, p0 + u * GROUPS, total) * apart, x[u]);
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                const int at = p0 + u * GROUPS;
                const float weight = at < total ? LAW == COUNTS ? 1.0f : pass.cosines[at] : 0.0f;
#pragma unroll
                for (int k = 0; k < VECTOR; k++) sum[k] += weight * x[u][k];
            }
        }
    }
    const float each = LAW == COUNTS ? 1.0f / (float)o.hashes : 1.0f;
    mass = LAW == COUNTS ? (float)met * each : warp_sum(mass);
#pragma unroll
    for (int k = 0; k < VECTOR; k++) sum[k] = groups_sum(sum[k]) * each;
    const float divisor = normalize_sums(o, sum, mass);
    if (group == 0) put_vector(y, p.row(i) + part, sum);
    if (lane == 0) divisors[(long)p.head * pass.padded + p.first + i] = divisor;
}

/// Row of a warp where blocks take eight rows: 8 blocks a tile.
#define ROW(tile) ((tile).x - (tile).z + (int)blockIdx.x % 8 * 8 + (int)threadIdx.x / 32)

// grid (8 · tiles, heads), block 256: a warp a query; order and ranges of sorted keys
KERNEL __launch_bounds__(256, 6)
yoso_sums_counts(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                 const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    const int4 tile = tiles[blockIdx.x / 8];
    const Pass pass = {qkv, inverses, order, ranges, 0, l, o, {tile.z, tile.w, (int)blockIdx.y, heads}, padded,
                       lists[threadIdx.x / 32], 0, 0};
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    if (ROW(tile) < tile.w) sums<COUNTS>(pass, ROW(tile), y, divisors);
}

// as yoso_sums_counts
KERNEL __launch_bounds__(256, 3)
yoso_sums_conditional(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                      const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float weights[8][LISTED];
    const int warp = threadIdx.x / 32;
    const int4 tile = tiles[blockIdx.x / 8];
    const Pass pass = {qkv, inverses, order, ranges, row_codes, l, o, {tile.z, tile.w, (int)blockIdx.y, heads}, padded,
                       lists[warp], weights[warp], 0};
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    if (ROW(tile) < tile.w) sums<WEIGHED>(pass, ROW(tile), y, divisors);
}
