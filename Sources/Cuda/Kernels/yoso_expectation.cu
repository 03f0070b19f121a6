// All pairs of a sequence: of YOSO-E each weighs E = s^T, of sampled YOSO what its matches (yoso_matches.cu) say. In bf16 tiles of
// 64 rows of one side against all of the other by tensor cores, in float32 the loops of yoso_pairs.cu over all pairs, a warp a row.
//
// As there, both gradients are one: P = a · xᵀ, slopes w = (P - δ) W (dE/dx) / E, d = w (unit rows of the other side), e = W x.
// One kernel reads queries and G against keys and V, the other keys and V against queries and G.

enum { SUMS, QUERIES, KEYS };

#ifdef REAL_BF16

/// At least so many blocks on a multiprocessor, as registers allow.
#define BLOCKS(blocks) (HEAD <= 64 ? blocks : 2)

#define WIDE (HEAD + 8)
/// Rows of the other side in shared memory at once; their weights are made by 16.
#define INNER (HEAD <= 64 ? 64 : 16)
#define STAGES (HEAD <= 64 ? 2 : 1)
/// Where a tile's own rows stay in shared memory, since registers are too few.
#define OWN_STAYS (HEAD > 64)

/// Rows first ..< first + count of a matrix on their way to shared memory, zeros from `length` on.
DEVICE void copy_rows(real *to, const real *from, u32 apart, int first, int count, int length) {
#pragma unroll 2
    for (int at = threadIdx.x; at < count * GROUP; at += 128) {
        const int row = at / GROUP, part = at % GROUP * VECTOR;
        const bool reads = first + row < length;
        copy_ahead(to + row * WIDE + part, from + ((reads ? first + row : 0) * apart + part), reads);
    }
}

/// d[16, 16] += a[16, 16] bᵀ, b being 16 rows and columns from `rows` on; or a b.
DEVICE void multiply(float (*d)[4], const u32 *a, const real *rows) {
    const int lane = threadIdx.x % 32;
    u32 b[4];
    load_matrices(b, rows + (lane / 16 * 8 + lane % 8) * WIDE + lane / 8 % 2 * 8);
    mma16816(d[0], a, b);
    mma16816(d[1], a, b + 2);
}
DEVICE void multiply_transposed(float (*d)[4], const u32 *a, const real *rows) {
    const int lane = threadIdx.x % 32;
    u32 b[4];
    load_matrices_transposed(b, rows + lane % 16 * WIDE + lane / 16 * 8);
    mma16816(d[0], a, b);
    mma16816(d[1], a, b + 2);
}

/// Sum over the four lanes that share a row of an accumulator.
DEVICE float quad_sum(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

/// The two rows of this lane of an accumulator, scaled, to a block of rows; rows at `last` and beyond are not there.
DEVICE void put_rows(real *to, u32 apart, float (*d)[4], const float *scales, int row, int last) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; half++)
        if (row + half * 8 < last)
#pragma unroll
            for (int n = 0; n < HEAD / 8; n++)
                *(u32 *)(to + ((row + half * 8) * apart + n * 8 + lane % 4 * 2)) =
                    narrow2(d[n][2 * half] * scales[half], d[n][2 * half + 1] * scales[half]);
}

/// d of unit rows through their norms, as through_norm.
DEVICE void through_norms(float (*d)[4], const real *x, u32 apart, const float *inverse, int row, int last) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const u32 *own = (const u32 *)(x + (row + half * 8 < last ? row + half * 8 : 0) * apart + lane % 4 * 2);
        float product = 0;
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++)
            product += d[n][2 * half] * low_half(own[n * 4]) + d[n][2 * half + 1] * high_half(own[n * 4]);
        product = quad_sum(product) * inverse[half] * inverse[half];
#pragma unroll
        for (int n = 0; n < HEAD / 8; n++) {
            d[n][2 * half] -= product * low_half(own[n * 4]);
            d[n][2 * half + 1] -= product * high_half(own[n * 4]);
        }
    }
}

/// W = s^T of eight cosines, and s where slopes want it: one exponent for all.
DEVICE void all_weights(float *x, float *s, float *weights, int T) {
    float square[8];
#pragma unroll
    for (int k = 0; k < 8; k++) {
        x[k] = clamp_cosine(x[k]), square[k] = s[k] = closeness(x[k]);
        weights[k] = T & 1 ? square[k] : 1.0f;
    }
    for (int exponent = T >> 1; exponent; exponent >>= 1) {
#pragma unroll
        for (int k = 0; k < 8; k++) square[k] *= square[k];
        if (exponent & 1)
#pragma unroll
            for (int k = 0; k < 8; k++) weights[k] *= square[k];
    }
}

template <int MODE, int LAW>
DEVICE void expectation(real *out, float *divisors, const real *g, const float *deltas, const float *inverses, const real *qkv,
                        const int4 *tiles, Layout l, Yoso o, int heads, int padded, Matches matches = {0, 0}) {
    __shared__ __align__(16) real first_rows[STAGES][INNER * WIDE], second_rows[STAGES][INNER * WIDE];
    __shared__ __align__(16) real own_rows[OWN_STAYS ? (MODE == SUMS ? 1 : 2) : 1][OWN_STAYS ? 64 * WIDE : 8];
    __shared__ float other_inverses[STAGES][INNER], other_deltas[STAGES][INNER];
    const int4 tile = tiles[blockIdx.x];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, n = p.length, start = tile.x - tile.z;
    const u32 width = (u32)heads * HEAD, apart = 3 * width, second_apart = MODE == KEYS ? width : apart;
    const long at = (long)p.head * padded + p.first, keys = (long)heads * padded;
    // Of both sides: rows whose products are cosines, and rows whose products are slopes.
    const real *own1 = qkv + p.qkv(MODE == KEYS ? 1 : 0, 0), *own2 = MODE == KEYS ? qkv + p.qkv(2, 0) : g + p.row(0);
    const real *other1 = qkv + p.qkv(MODE == KEYS ? 0 : 1, 0), *other2 = MODE == KEYS ? g + p.row(0) : qkv + p.qkv(2, 0);
    const float *own_inverse = inverses + at + (MODE == KEYS ? keys : 0), *other_inverse = inverses + at + (MODE == KEYS ? 0 : keys);
    const int T = kernel_bits(o, n), t = hash_bits(o, n), row = start + warp * 16 + lane / 4;
    float inverse[2], delta[2] = {0, 0};
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const int i = row + half * 8 < n ? row + half * 8 : n - 1;
        inverse[half] = own_inverse[i];
        if (MODE == QUERIES) delta[half] = deltas[at + i];
    }
    real *own_rows1 = OWN_STAYS ? own_rows[0] : first_rows[0];
    real *own_rows2 = OWN_STAYS ? own_rows[OWN_STAYS && MODE != SUMS ? 1 : 0] : second_rows[0];
    copy_rows(own_rows1, own1, apart, start, 64, n);
    if (MODE != SUMS) copy_rows(own_rows2, own2, MODE == KEYS ? apart : width, start, 64, n);
    copies_commit();
    copies_wait<0>();
    __syncthreads();
    const real *fragment1 = own_rows1 + (warp * 16 + lane % 16) * WIDE + lane / 16 * 8;
    const real *fragment2 = own_rows2 + (warp * 16 + lane % 16) * WIDE + lane / 16 * 8;
    u32 a1[HEAD / 16][4], a2[HEAD / 16][4];
    if (!OWN_STAYS)
#pragma unroll
        for (int k = 0; k < HEAD / 16; k++) {
            load_matrices(a1[k], fragment1 + k * 16);
            if (MODE != SUMS) load_matrices(a2[k], fragment2 + k * 16);
        }
    __syncthreads();
    float d[HEAD / 8][4], e[HEAD / 8][4], mass[2] = {0, 0};
#pragma unroll
    for (int k = 0; k < HEAD / 8; k++)
#pragma unroll
        for (int c = 0; c < 4; c++) d[k][c] = e[k][c] = 0;
    auto fetch = [&](int j, int stage) {
        copy_rows(first_rows[stage], other1, apart, j, INNER, n);
        copy_rows(second_rows[stage], other2, second_apart, j, INNER, n);
        if (thread < INNER) {
            other_inverses[stage][thread] = j + thread < n ? other_inverse[j + thread] : 0.0f;
            if (MODE == KEYS) other_deltas[stage][thread] = j + thread < n ? deltas[at + j + thread] : 0.0f;
        }
        copies_commit();
    };
    if (STAGES == 2) fetch(0, 0);
    for (int j = 0, stage = 0; j < n; j += INNER, stage ^= STAGES - 1) {
        if (STAGES == 1) fetch(j, 0);
        copies_wait<0>();
        __syncthreads();
        if (STAGES == 2 && j + INNER < n) fetch(j + INNER, stage ^ 1);
        const real *rows1 = first_rows[stage], *rows2 = second_rows[stage];
#pragma unroll 1
        for (int c = 0; c < INNER; c += 16) {
            float x[2][4], w[2][4], found[8];
            if (LAW == WEIGHED) selected<MODE == KEYS>(found, matches, at, row, j + c + lane % 4 * 2, n);
            if (LAW == COUNTS) counted<MODE == KEYS>(found, matches, at, row, j + c + lane % 4 * 2, n);
#pragma unroll
            for (int k = 0; k < 4; k++) x[0][k] = x[1][k] = w[0][k] = w[1][k] = 0;
#pragma unroll
            for (int k = 0; k < HEAD / 16; k++) {
                if (OWN_STAYS) load_matrices(a1[0], fragment1 + k * 16);
                if (OWN_STAYS && MODE != SUMS) load_matrices(a2[0], fragment2 + k * 16);
                multiply(x, a1[OWN_STAYS ? 0 : k], rows1 + c * WIDE + k * 16);
                if (MODE != SUMS) multiply(w, a2[OWN_STAYS ? 0 : k], rows2 + c * WIDE + k * 16);
            }
            // Weights and slopes of 16 columns as a left factor: element k is of row k / 2 % 2 and column k / 4 · 8 + … + k % 2.
            u32 weights[4], slopes[4];
            float cosine[8], s[8], weight[8], other[4];
            const int first = c + lane % 4 * 2;
#pragma unroll
            for (int k = 0; k < 4; k++) other[k] = other_inverses[stage][first + k / 2 * 8 + k % 2];
#pragma unroll
            for (int k = 0; k < 8; k++) cosine[k] = x[k / 4][k % 4] * inverse[k / 2 % 2] * other[k / 4 * 2 + k % 2];
            if (LAW == ALL) all_weights(cosine, s, weight, T);
            if (LAW == WEIGHED) selected_weights(cosine, s, weight, T, t, o.hashes, found);
            if (LAW == COUNTS) counted_weights(cosine, s, weight, o, found);
            if (MODE == SUMS)
#pragma unroll
                for (int k = 0; k < 8; k++) mass[k / 2 % 2] += other[k / 4 * 2 + k % 2] > 0 ? weight[k] : 0.0f;
#pragma unroll
            for (int k = 0; k < 8; k += 2) weights[k / 2] = narrow2(weight[k], weight[k + 1]);
            if (MODE != SUMS) {
#pragma unroll
                for (int k = 0; k < 8; k++) {
                    const float of = MODE == KEYS ? other_deltas[stage][first + k / 4 * 8 + k % 2] : delta[k / 2 % 2];
                    const float slope = (w[k / 4][k % 4] - of) * relative_slope(o.exact, T, cosine[k], s[k]);
                    weight[k] *= slope * other[k / 4 * 2 + k % 2];
                }
#pragma unroll
                for (int k = 0; k < 8; k += 2) slopes[k / 2] = narrow2(weight[k], weight[k + 1]);
            }
#pragma unroll
            for (int k = 0; k < HEAD; k += 16) {
                if (MODE != QUERIES) multiply_transposed(e + k / 8, weights, rows2 + c * WIDE + k);
                if (MODE != SUMS) multiply_transposed(d + k / 8, slopes, rows1 + c * WIDE + k);
            }
        }
        if (STAGES == 1) __syncthreads();
    }
    float scales[2] = {1, 1};
    if (MODE == SUMS) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float squares = 0, sum = quad_sum(mass[half]);
#pragma unroll
            for (int k = 0; k < HEAD / 8; k++) squares += e[k][2 * half] * e[k][2 * half] + e[k][2 * half + 1] * e[k][2 * half + 1];
            const float divisor = o.mass ? sum : sqrtf(quad_sum(squares));
            scales[half] = o.mass ? (sum < 0x1p-126f ? 0.0f : 1 / sum) : 1 / fmaxf(divisor, EPSILON);
            if (lane % 4 == 0 && row + half * 8 < n) divisors[at + row + half * 8] = divisor;
        }
        put_rows(out + p.row(0), width, e, scales, row, n);
        return;
    }
    if (MODE == KEYS) put_rows(out + p.qkv(2, 0), apart, e, scales, row, n);
    through_norms(d, own1, apart, inverse, row, n);
#pragma unroll
    for (int half = 0; half < 2; half++) scales[half] = inverse[half] < 1 / EPSILON ? inverse[half] : 0.0f;
    put_rows(out + p.qkv(MODE == KEYS ? 1 : 0, 0), apart, d, scales, row, n);
}

#else

#define BLOCKS(blocks) 6
/// A warp a row over all pairs.
template <int MODE, int LAW>
DEVICE void expectation(real *out, float *divisors, const real *g, const float *deltas, const float *inverses, const real *qkv,
                        const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u16 lists[4][LISTED];
    __shared__ float cosines[4][LISTED], slopes[4][LISTED];
    const int4 tile = tiles[blockIdx.x];
    const int warp = threadIdx.x / 32, start = tile.x - tile.z;
    const Pass pass = {qkv, inverses, 0, 0, 0, l, o, {tile.z, tile.w, (int)blockIdx.y, heads}, padded,
                       lists[warp], cosines[warp], slopes[warp]};
    for (int i = start + warp; i < tile.w && i < start + 64; i += 4) {
        const Search all = search<ALL>(pass, i);
        if (MODE == SUMS) sums<ALL>(pass, all, out, divisors);
        if (MODE == KEYS) key_gradient<ALL>(pass, all, out, g, deltas);
        if (MODE != QUERIES) continue;
        float a[VECTOR];
        get_vector(g, pass.place.row(i) + threadIdx.x % 32 % GROUP * VECTOR, a);
        query_gradient<ALL>(pass, all, out, a, deltas[(long)blockIdx.y * padded + tile.z + i],
                            get_packed(pass.lane_part(0) + i * pass.apart()));
    }
}

#endif

// grid (tiles, heads), block 128
KERNEL __launch_bounds__(128, BLOCKS(5))
yoso_expectation(real *y, float *divisors, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads,
                 int padded) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    if (o.tiled && tiles[blockIdx.x].w > o.tiled) return;
    expectation<SUMS, ALL>(y, divisors, 0, 0, inverses, qkv, tiles, l, o, heads, padded);
}

// grid (tiles, heads), block 128: dq
KERNEL __launch_bounds__(128, BLOCKS(4))
yoso_expectation_gradient_q(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                            const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, blockIdx.y, heads);
    if (o.tiled && tiles[blockIdx.x].w > o.tiled) return;
    expectation<QUERIES, ALL>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded);
}

// grid (tiles, heads), block 128: dk and dv
KERNEL __launch_bounds__(128, BLOCKS(3))
yoso_expectation_gradient_kv(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                             const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    clear_keys(dqkv, l.rows, padded, heads);
    if (o.tiled && tiles[blockIdx.x].w > o.tiled) return;
    expectation<KEYS, ALL>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded);
}
