// Y + the values convolved over tokens, head by head with a kernel of odd width w: Y_i += Σ_t c_t V_{i + t - w/2}, zero beyond the
// ends (YOSO-C). After yoso.cu.

#define MOST_WINDOW 129

/// y = attended + convolved values.
// grid (tiles, heads), block 256: GROUP threads a row
KERNEL __launch_bounds__(256)
convolve(real *y, const real *attended, const float *kernels, const real *qkv, int window, const int4 *tiles, Layout l, int heads,
         int padded) {
    __shared__ float kernel[MOST_WINDOW];
    const int4 tile = tiles[blockIdx.x];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int start = tile.x - tile.z, half = window / 2;
    for (int t = threadIdx.x; t < window; t += 256) kernel[t] = kernels[p.head * window + t];
    __syncthreads();
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, p.head, heads);
    for (int at = threadIdx.x; at < 64 * GROUP; at += 256) {
        const int i = start + at / GROUP, part = at % GROUP * VECTOR;
        if (i >= p.length) break;
        float sum[VECTOR];
        get_vector(attended, p.row(i) + part, sum);
        for (int t = i < half ? half - i : 0; t < window && i + t - half < p.length; t++) {
            float x[VECTOR];
            get_vector(qkv, p.qkv(2, i + t - half) + part, x);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) sum[k] += kernel[t] * x[k];
        }
        put_vector(y, p.row(i) + part, sum);
    }
}

/// dV_j += Σ_t c_t dY_{j - t + w/2}; partials [tiles][heads][window]: Σ over a tile's rows i of dY_i · V_{i + t - w/2}.
// grid (tiles, heads), block 256: first GROUP threads a row, then a warp a t
KERNEL __launch_bounds__(256)
convolve_gradient(real *dqkv, float *partials, const float *kernels, const real *dy, const real *qkv, int window,
                  const int4 *tiles, Layout l, int heads, int padded) {
    __shared__ float kernel[MOST_WINDOW];
    const int4 tile = tiles[blockIdx.x];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int start = tile.x - tile.z, half = window / 2, lane = threadIdx.x % 32;
    for (int t = threadIdx.x; t < window; t += 256) kernel[t] = kernels[p.head * window + t];
    __syncthreads();
    for (int at = threadIdx.x; at < 64 * GROUP; at += 256) {
        const int j = start + at / GROUP, part = at % GROUP * VECTOR;
        if (j >= p.length) break;
        float sum[VECTOR];
        get_vector(dqkv, p.qkv(2, j) + part, sum);
        // From i = j + w/2 down to j - w/2.
        for (int t = j + half >= p.length ? j + half - p.length + 1 : 0; t < window && j - t + half >= 0; t++) {
            float x[VECTOR];
            get_vector(dy, p.row(j - t + half) + part, x);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) sum[k] += kernel[t] * x[k];
        }
        put_vector(dqkv, p.qkv(2, j) + part, sum);
    }
    const int last = start + 64 < p.length ? start + 64 : p.length, part = lane % GROUP * VECTOR;
    for (int t = threadIdx.x / 32; t < window; t += 8) {
        float sum = 0;
        for (int i = start + lane / GROUP; i < last; i += GROUPS) {
            const int j = i + t - half;
            if (j < 0 || j >= p.length) continue;
            float x[VECTOR], d[VECTOR];
            get_vector(qkv, p.qkv(2, j) + part, x);
            get_vector(dy, p.row(i) + part, d);
#pragma unroll
            for (int k = 0; k < VECTOR; k++) sum += x[k] * d[k];
        }
        sum = warp_sum(sum);
        if (lane == 0) partials[((long)blockIdx.x * heads + p.head) * window + t] = sum;
    }
}
