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
    /// Below 2^32 / 65,536 where heads are together at most 16,384 wide.
    __device__ __forceinline__ u32 apart() const { return 3u * place.heads * HEAD; }
};

/// Where the pairs of row i are looked for: a lane a hash, 32 hashes at a time.
struct Search {
    int i, next;
    u32 range;  // first | last << 16 of this lane's bucket
};

/// The ranges of the next hashes.
DEVICE void advance(const Pass &pass, Search &s) {
    const int h = s.next + threadIdx.x % 32;
    s.range = h < pass.o.hashes ? pass.ranges[pass.place.hash(h, pass.o.hashes) + s.i] : 1;
    s.next += 32;
}

/// Reads ahead what the first list will want.
template <int LAW> DEVICE Search search(const Pass &pass, int i) {
    Search s = {i, 0, 1};
    if (LAW != ALL) advance(pass, s);
    return s;
}

/// Whether an earlier hash than h selects row i and row j of the other side; i is a key, or a query.
DEVICE bool met_before(const Pass &pass, bool keys, int i, int j, int h) {
    const int m = pass.o.hashes;
    const long side = (long)pass.l.rows * pass.place.heads * code_stride(m);
    const uint4 *a = (const uint4 *)(pass.row_codes + codes_at(pass.place, keys ? j : i, m));
    const uint4 *b = (const uint4 *)(pass.row_codes + side + codes_at(pass.place, keys ? i : j, m));
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
template <int LAW> DEVICE int list_pairs(const Pass &pass, bool keys, Search &s, bool once) {
    const int lane = threadIdx.x % 32;
    u16 *list = pass.list;
    __syncwarp();
    if (LAW == ALL) {
        const int left = pass.place.length - s.next, total = left < LISTED ? left : LISTED;
        for (int at = lane; at < total; at += 32) list[at] = (u16)(s.next + at);
        s.next += total;
        __syncwarp();
        return total;
    }
    for (;;) {
        u32 begin = s.range & 0xffffu, count = (s.range >> 16) + 1 - begin;
        while (!__any_sync(0xffffffffu, count > 0)) {
            if (s.next >= pass.o.hashes) return 0;
            advance(pass, s);
            begin = s.range & 0xffffu, count = (s.range >> 16) + 1 - begin;
        }
        const u32 some = count < FEW ? count : FEW;
        const int h = s.next - 32 + lane;
        const u16 *tokens = pass.order + pass.place.hash(h, pass.o.hashes) + begin;
        // All reads before the first write, which might be to where another read is from.
        u32 found[FEW], kept = (1u << some) - 1;
#pragma unroll
        for (u32 k = 0; k < FEW; k++) found[k] = k < some ? tokens[k] : 0;
        if (LAW == WEIGHED && once)
#pragma unroll
            for (u32 k = 0; k < FEW; k++)
                if (k < some && met_before(pass, keys, s.i, found[k], h)) kept &= ~(1u << k);
        const u32 mine = __popc(kept);
        u32 end = mine;
        for (int step = 1; step < 32; step *= 2) {
            u32 before = __shfl_up_sync(0xffffffffu, end, step);
            if (lane >= step) end += before;
        }
        const int total = (int)__shfl_sync(0xffffffffu, end, 31);
        u32 at = end - mine;
#pragma unroll
        for (u32 k = 0; k < FEW; k++)
            if (kept >> k & 1) list[at++] = (u16)found[k];
        s.range = count > some ? s.range + some : 1;
        if (total) {
            __syncwarp();
            return total;
        }
    }
}

/// Token of pair `at` of a list, or of the first pair beyond the end.
DEVICE int listed(const u16 *list, int at, int total) { return list[at < total ? at : 0]; }

/// W of a pair whose cosine is of closeness s.
template <int LAW> DEVICE float pair_weight(Yoso o, float s, int T, int2 t) {
    if (LAW == ALL) return power(s, T);
    return o.conditional ? conditional_weight(s, T, t, o.hashes) : 1.0f / (float)o.hashes;
}

/// y_i = S / divisor, S_i = Σ_j W_ij V_j.
template <int LAW> DEVICE void sums(const Pass &pass, Search s, real *y, float *divisors) {
    const int i = s.i;
    const Place p = pass.place;
    const Yoso o = pass.o;
    const int lane = threadIdx.x % 32, group = lane / GROUP, part = lane % GROUP * VECTOR;
    const float *others = pass.inverse(true);
    const real *keys = pass.lane_part(1), *values = pass.lane_part(2);
    const u32 apart = pass.apart();
    const int T = kernel_bits(o, p.length);
    const int2 t = selected_bits(o, pass.l, p);
    float own[VECTOR], sum[VECTOR] = {0}, mass = 0;
    if (LAW != COUNTS) {
        const float inverse = pass.inverse(false)[i];
        get_vector(pass.lane_part(0), i * apart, own);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) own[k] *= inverse;
    }
    int met = 0;
    for (int total; (total = list_pairs<LAW>(pass, false, s, true));) {
        met += total;
        if (LAW != COUNTS) {
            for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
                Packed rows[AHEAD];
#pragma unroll
                for (int u = 0; u < AHEAD; u++) rows[u] = get_packed(keys + listed(pass.list, p0 + u * GROUPS, total) * apart);
#pragma unroll
                for (int u = 0; u < AHEAD; u++) {
                    float x[VECTOR], dot = 0;
                    unpack(rows[u], x);
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) dot += own[k] * x[k];
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
            Packed rows[AHEAD];
#pragma unroll
            for (int u = 0; u < AHEAD; u++) rows[u] = get_packed(values + listed(pass.list, p0 + u * GROUPS, total) * apart);
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                const int at = p0 + u * GROUPS;
                const float weight = at < total ? LAW == COUNTS ? 1.0f : pass.cosines[at] : 0.0f;
                float x[VECTOR];
                unpack(rows[u], x);
#pragma unroll
                for (int k = 0; k < VECTOR; k++) sum[k] += weight * x[k];
            }
        }
    }
    const float each = LAW == COUNTS ? 1.0f / (float)o.hashes : 1.0f;
    mass = LAW == COUNTS ? (float)met * each : warp_sum(mass);
#pragma unroll
    for (int k = 0; k < VECTOR; k++) sum[k] = groups_sum(sum[k]) * each;
    if (LAW == WEIGHED && o.met && lane == 0) o.met[(long)p.head * pass.padded + p.first + i] = met;
    const float divisor = normalize_sums(o, sum, mass);
    if (group == 0) put_vector(y, p.row(i) + part, sum);
    if (lane == 0) divisors[(long)p.head * pass.padded + p.first + i] = divisor;
}

/// Calls body(search) for this warp's rows of a tile's quarter, whose first reads are made ahead.
template <int LAW, class Body> DEVICE void each_row(const Pass &pass, int first, Body body) {
    if (pass.place.length <= pass.o.tiled) return;
    int i = first + blockIdx.x % 4 * 16 + threadIdx.x / 32;
    const int last = i + 9 < pass.place.length ? i + 9 : pass.place.length;
    if (i >= last) return;
    Search s = search<LAW>(pass, i), next = s;
    for (; i < last; i += 8, s = next) {
        if (i + 8 < last) next = search<LAW>(pass, i + 8);
        body(s);
    }
}

/// What the kernels of a warp a row work with.
#define PASS(list, cosines, slopes)                                                                                             \
    const int warp = threadIdx.x / 32;                                                                                          \
    const int4 tile = tiles[blockIdx.x / 4];                                                                                    \
    const Pass pass = {qkv, inverses, order, ranges, row_codes, l, o, {tile.z, tile.w, (int)blockIdx.y, heads}, padded,         \
                       list, cosines, slopes}

// grid (4 · tiles, heads), block 256: a warp a query, two in turn; order and ranges of sorted keys
KERNEL __launch_bounds__(256, 5)
yoso_sums_counts(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                 const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    PASS(lists[warp], 0, 0);
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    each_row<COUNTS>(pass, tile.x - tile.z, [&](Search s) { sums<COUNTS>(pass, s, y, divisors); });
}

// as yoso_sums_counts
KERNEL __launch_bounds__(256, 3)
yoso_sums_conditional(real *y, float *divisors, const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses,
                      const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float weights[8][LISTED];
    PASS(lists[warp], weights[warp], 0);
    if (is_settled(o, l, pass.place)) return;
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    each_row<WEIGHED>(pass, tile.x - tile.z, [&](Search s) { sums<WEIGHED>(pass, s, y, divisors); });
}
