// Sampled YOSO over tiles of all pairs, by their matches: the kernels of yoso_expectation.cu with other weights; of pairs that any
// hash selects E / P, and of counts the share of hashes that select a pair.
#ifdef REAL_BF16

// grid (tiles, heads), block 128
KERNEL __launch_bounds__(128, BLOCKS(4))
yoso_dense_conditional(real *y, float *divisors, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                  int heads, int padded, const u32 *words, int stride) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<SUMS, WEIGHED>(y, divisors, 0, 0, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

// grid (tiles, heads), block 128: dq
KERNEL __launch_bounds__(128, BLOCKS(3))
yoso_dense_conditional_gradient_q(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                             const int4 *tiles, Layout l, Yoso o, int heads, int padded, const u32 *words, int stride) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, blockIdx.y, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<QUERIES, WEIGHED>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

// grid (tiles, heads), block 128: dk and dv
KERNEL __launch_bounds__(128, BLOCKS(3))
yoso_dense_conditional_gradient_kv(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                              const int4 *tiles, Layout l, Yoso o, int heads, int padded, const u32 *words, int stride) {
    clear_keys(dqkv, l.rows, padded, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<KEYS, WEIGHED>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

// grid (tiles, heads), block 128
KERNEL __launch_bounds__(128, BLOCKS(4))
yoso_dense_counts(real *y, float *divisors, const float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o,
                  int heads, int padded, const u32 *words, int stride) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(y, l.rows, padded, 1, 0, blockIdx.y, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<SUMS, COUNTS>(y, divisors, 0, 0, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

// grid (tiles, heads), block 128: dq
KERNEL __launch_bounds__(128, BLOCKS(3))
yoso_dense_counts_gradient_q(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                             const int4 *tiles, Layout l, Yoso o, int heads, int padded, const u32 *words, int stride) {
    if (blockIdx.x == gridDim.x - 1) clear_beyond(dqkv, l.rows, padded, 3, 0, blockIdx.y, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<QUERIES, COUNTS>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

// grid (tiles, heads), block 128: dk and dv
KERNEL __launch_bounds__(128, BLOCKS(3))
yoso_dense_counts_gradient_kv(real *dqkv, const real *g, const float *deltas, const float *inverses, const real *qkv,
                              const int4 *tiles, Layout l, Yoso o, int heads, int padded, const u32 *words, int stride) {
    clear_keys(dqkv, l.rows, padded, heads);
    if (tiles[blockIdx.x].w > o.tiled) return;
    expectation<KEYS, COUNTS>(dqkv, 0, g, deltas, inverses, qkv, tiles, l, o, heads, padded, {words, stride});
}

#endif
