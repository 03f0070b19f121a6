// Gradients through the pairs of yoso_pairs.cu, a warp a row.
//
// Both sides' are one: with a row's own a and the other side's x (queries: a = G_i, x = V_j; keys: a = V_j, x = G_i) the slope
// of a pair is w = (a · x - δ) W (dE/dx) / E, the gradient of the unit row Σ w (unit row of the other side), and that of a value
// Σ W G.

/// d = Σ w (unit row of the other side) and, of keys, e = Σ W x, summed over groups. `own` is unit; `from` is x of token 0 at
/// this lane's part.
template <int LAW, bool OF_KEYS>
DEVICE void add_pairs(const Pass &pass, Search s, const float *a, const float *own, float delta, const float *deltas,
                      const real *from, u32 from_apart, float *d, float *e) {
    const Yoso o = pass.o;
    const int lane = threadIdx.x % 32, group = lane / GROUP, part = lane % GROUP;
    const int T = kernel_bits(o, pass.place.length);
    const int2 t = LAW == COUNTS ? make_int2(hash_bits(o, pass.place.length), 0) : selected_bits(o, pass.l, pass.place);
    const float *inverses = pass.inverse(!OF_KEYS);
    const real *others = pass.lane_part(OF_KEYS ? 0 : 1);
    const u32 apart = pass.apart();
    for (int total; (total = list_pairs<LAW>(pass, OF_KEYS, s, o.conditional));) {
        for (int p0 = group; p0 - group < total; p0 += GROUPS * AHEAD) {
            Packed xs[AHEAD], zs[AHEAD];
            int j[AHEAD];
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                j[u] = listed(pass.list, p0 + u * GROUPS, total);
                xs[u] = get_packed(from + j[u] * from_apart);
                zs[u] = get_packed(others + j[u] * apart);
            }
#pragma unroll
            for (int u = 0; u < AHEAD; u++) {
                const int at = p0 + u * GROUPS;
                const float live = at < total ? 1.0f : 0.0f;
                float x[VECTOR], slope = 0, cosine = 0;
                unpack(xs[u], x);
#pragma unroll
                for (int k = 0; k < VECTOR; k++) {
                    slope += a[k] * x[k];
                    if (LAW == COUNTS && OF_KEYS) e[k] += live * x[k];
                }
                slope = group_sum(slope);
                unpack(zs[u], x);
                if (LAW != COUNTS) {
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) cosine += own[k] * x[k];
                    cosine = group_sum(cosine);
                    if (part == 0 && at < total) pass.slopes[at] = slope, pass.cosines[at] = cosine;
                } else {
                    const float w = (slope - (OF_KEYS && o.mass ? deltas[j[u]] : delta)) * inverses[j[u]] * live;
#pragma unroll
                    for (int k = 0; k < VECTOR; k++) d[k] += w * x[k];
                }
            }
        }
        if (LAW == COUNTS) continue;
        __syncwarp();
        for (int at = lane; at < total; at += 32) {
            const int j = pass.list[at];
            const float x = clamp_cosine(pass.cosines[at] * inverses[j]), s = closeness(x), weight = pair_weight<LAW>(o, s, T, t);
            const float slope = pass.slopes[at] - (OF_KEYS && o.mass ? deltas[j] : delta);
            pass.cosines[at] = weight;
            pass.slopes[at] = slope * relative_slope(o.exact, T, x, s) * weight * inverses[j];
        }
        __syncwarp();
#pragma unroll 2
        for (int p0 = group; p0 < total; p0 += GROUPS) {
            float x[VECTOR];
            const int j = pass.list[p0];
            get_vector(others, j * apart, x);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) d[k] += pass.slopes[p0] * x[k];
            if (!OF_KEYS) continue;
            get_vector(from, j * from_apart, x);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) e[k] += pass.cosines[p0] * x[k];
        }
    }
    const float each = 1.0f / (float)o.hashes;
#pragma unroll
    for (int k = 0; k < VECTOR; k++) {
        d[k] = groups_sum(d[k]) * (LAW == COUNTS ? 0.5f * (float)t.x * each : 1.0f);
        if (OF_KEYS) e[k] = groups_sum(e[k]) * (LAW == COUNTS ? each : 1.0f);
    }
}

/// dq_i = Σ_j w_ij k̂_j through q's norm, of a = G_i.
template <int LAW>
DEVICE void query_gradient(const Pass &pass, Search s, real *dqkv, const float *a, float delta, Packed query) {
    const int lane = threadIdx.x % 32, i = s.i;
    const float inverse = pass.inverse(false)[i];
    float own[VECTOR], unit[VECTOR], d[VECTOR] = {0};
    if (LAW != COUNTS) {
        unpack(query, unit);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) unit[k] *= inverse;
    }
    add_pairs<LAW, false>(pass, s, a, unit, delta, 0, pass.lane_part(2), pass.apart(), d, 0);
    unpack(query, own);
    through_norm(d, own, inverse);
    if (lane < GROUP) put_vector(dqkv, pass.place.qkv(0, i) + lane * VECTOR, d);
}

/// dk_j = Σ_i w_ij q̂_i through k's norm, and dv_j = Σ_i W_ij G_i.
template <int LAW> DEVICE void key_gradient(const Pass &pass, Search s, real *dqkv, const real *g, const float *deltas) {
    const Place p = pass.place;
    const int lane = threadIdx.x % 32, j = s.i;
    const float inverse = pass.inverse(true)[j];
    float value[VECTOR], own[VECTOR], unit[VECTOR], d[VECTOR] = {0}, e[VECTOR] = {0};
    get_vector(pass.lane_part(2), j * pass.apart(), value);
    if (LAW != COUNTS) {
        get_vector(pass.lane_part(1), j * pass.apart(), unit);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) unit[k] *= inverse;
    }
    add_pairs<LAW, true>(pass, s, value, unit, 0, deltas + (long)p.head * pass.padded + p.first,
                         g + p.row(0) + lane % GROUP * VECTOR, (u32)p.heads * HEAD, d, e);
    get_vector(pass.lane_part(1), j * pass.apart(), own);
    through_norm(d, own, inverse);
    if (lane >= GROUP) return;
    put_vector(dqkv, p.qkv(1, j) + lane * VECTOR, d);
    put_vector(dqkv, p.qkv(2, j) + lane * VECTOR, e);
}

/// G and δ of query i, for the keys' gradient, and dq_i.
template <int LAW>
DEVICE void query_gradient_of_output(const Pass &pass, Search s, real *dqkv, real *g, float *deltas, const real *dy,
                                     const real *y, const float *divisors) {
    const int lane = threadIdx.x % 32, i = s.i;
    const long at = pass.place.row(i) + lane % GROUP * VECTOR, row = (long)pass.place.head * pass.padded + pass.place.first + i;
    const Packed query = get_packed(pass.lane_part(0) + i * pass.apart());
    float a[VECTOR], out[VECTOR];
    get_vector(dy, at, a);
    get_vector(y, at, out);
    const float delta = sums_gradient(pass.o, a, out, divisors[row]);
    if (lane < GROUP) put_vector(g, at, a);
    if (lane == 0) deltas[row] = delta;
    query_gradient<LAW>(pass, s, dqkv, a, delta, query);
}

// grid (4 · tiles, heads), block 256: a warp a query, two in turn; order and ranges of sorted keys; counts with the lower bound
KERNEL __launch_bounds__(256, 3)
yoso_query_gradient_counts(real *dqkv, real *g, float *deltas, const real *dy, const real *y, const float *divisors,
                           const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses, const real *qkv,
                           const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    PASS(lists[warp], 0, 0);
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, blockIdx.y, heads);
    each_row<COUNTS>(pass, tile.x - tile.z, [&](Search s) {
        query_gradient_of_output<COUNTS>(pass, s, dqkv, g, deltas, dy, y, divisors);
    });
}

// as yoso_query_gradient_counts; counts with the exact derivative, and conditional
KERNEL __launch_bounds__(256, 2)
yoso_query_gradient_weighed(real *dqkv, real *g, float *deltas, const real *dy, const real *y, const float *divisors,
                            const u16 *order, const u32 *ranges, const u16 *row_codes, const float *inverses, const real *qkv,
                            const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float cosines[8][LISTED], slopes[8][LISTED];
    PASS(lists[warp], cosines[warp], slopes[warp]);
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, blockIdx.y, heads);
    each_row<WEIGHED>(pass, tile.x - tile.z, [&](Search s) {
        query_gradient_of_output<WEIGHED>(pass, s, dqkv, g, deltas, dy, y, divisors);
    });
}

/// Blocks of a multiprocessor that have registers enough.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1200
#define KEY_BLOCKS 1
#else
#define KEY_BLOCKS 2
#endif

/// Keys and values of the rows beyond the last.
DEVICE void clear_keys(real *dqkv, int rows, int padded, int heads) {
    if (blockIdx.x == gridDim.x - 1)
        for (int part = 1; part < 3; part++) clear_beyond(dqkv, rows, padded, 3, part, blockIdx.y, heads);
}

// grid (4 · tiles, heads), block 256: a warp a key, two in turn; order and ranges of sorted queries; counts with the lower bound
KERNEL __launch_bounds__(256, 3)
yoso_key_gradient_counts(real *dqkv, const real *g, const float *deltas, const u16 *order, const u32 *ranges,
                         const u16 *row_codes, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                         int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    PASS(lists[warp], 0, 0);
    clear_keys(dqkv, l.rows, padded, heads);
    each_row<COUNTS>(pass, tile.x - tile.z, [&](Search s) { key_gradient<COUNTS>(pass, s, dqkv, g, deltas); });
}

// as yoso_key_gradient_counts; counts with the exact derivative, and conditional
KERNEL __launch_bounds__(256, KEY_BLOCKS)
yoso_key_gradient_weighed(real *dqkv, const real *g, const float *deltas, const u16 *order, const u32 *ranges,
                          const u16 *row_codes, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                          int heads, int padded) {
    __shared__ u16 lists[8][LISTED];
    __shared__ float cosines[8][LISTED], slopes[8][LISTED];
    PASS(lists[warp], cosines[warp], slopes[warp]);
    clear_keys(dqkv, l.rows, padded, heads);
    each_row<WEIGHED>(pass, tile.x - tile.z, [&](Search s) { key_gradient<WEIGHED>(pass, s, dqkv, g, deltas); });
}

/// G and δ of every row from dY, Y and the divisors.
// grid (⌈rows / 8⌉, heads), block 256: a warp a row
KERNEL __launch_bounds__(256)
yoso_output_gradient(real *g, float *deltas, const real *dy, const real *y, const float *divisors, Yoso o, int rows, int heads,
                     int padded) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, head = blockIdx.y;
    if (row >= rows) return;
    const long at = ((long)row * heads + head) * HEAD + lane % GROUP * VECTOR;
    float d[VECTOR], out[VECTOR];
    get_vector(dy, at, d);
    get_vector(y, at, out);
    const float delta = sums_gradient(o, d, out, divisors[(long)head * padded + row]);
    if (lane < GROUP) put_vector(g, at, d);
    if (lane == 0) deltas[(long)head * padded + row] = delta;
}
