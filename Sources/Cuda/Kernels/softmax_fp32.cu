// Softmax attention of packed sequences in float32, the reference mode: the kernels of softmax.cu and softmax_gradient.cu but for
// softmax_gradient_short, by plain loops over tiles in shared memory. A block is 256 threads and the 64 rows of a tile of the
// batch, SIDE at a time; thread (ty, tx) has rows ty + 16 i of every tile and columns tx + 16 j.
// Dynamic shared of all three: 4 SIDE (4 (HEAD + 4) + SIDE + 4).
#ifndef REAL_BF16
#define SIDE (HEAD > 64 ? 32 : 64)
#define SHARE (SIDE / 16)
#define COLUMNS (HEAD / 16)
// Four numbers more, so that float4 of eight rows lie in different banks.
#define LONG_ROW (HEAD + 4)
#define SHORT_ROW (SIDE + 4)

/// Rows of a matrix to a tile [SIDE, HEAD], zeros from `seen` on.
DEVICE void load_rows(float *tile, const float *from, long stride, int seen) {
    for (int i = threadIdx.x; i < SIDE * HEAD / 4; i += 256) {
        const int row = i / (HEAD / 4), column = i % (HEAD / 4) * 4;
        *(float4 *)(tile + row * LONG_ROW + column) =
            row < seen ? *(const float4 *)(from + row * stride + column) : make_float4(0, 0, 0, 0);
    }
}

/// s = a bᵀ of two tiles.
DEVICE void products_of_rows(float (&s)[SHARE][SHARE], const float *a, const float *b) {
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    for (int i = 0; i < SHARE; i++)
        for (int j = 0; j < SHARE; j++) s[i][j] = 0;
    for (int c = 0; c < HEAD; c += 4) {
        float4 left[SHARE], right[SHARE];
        for (int i = 0; i < SHARE; i++) {
            left[i] = *(const float4 *)(a + (ty + 16 * i) * LONG_ROW + c);
            right[i] = *(const float4 *)(b + (tx + 16 * i) * LONG_ROW + c);
        }
        for (int i = 0; i < SHARE; i++)
            for (int j = 0; j < SHARE; j++)
                s[i][j] += left[i].x * right[j].x + left[i].y * right[j].y + left[i].z * right[j].z + left[i].w * right[j].w;
    }
}

/// Weights of this thread's places to shared memory, [SIDE, SIDE].
DEVICE void store_weights(float *to, const float (&p)[SHARE][SHARE]) {
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    for (int i = 0; i < SHARE; i++)
        for (int j = 0; j < SHARE; j++) to[(ty + 16 * i) * SHORT_ROW + tx + 16 * j] = p[i][j];
}

/// sums[SIDE, HEAD] += p b, or pᵀ b.
template <bool TRANSPOSED> DEVICE void add_weighted(float (&sums)[SHARE][COLUMNS], const float *p, const float *b) {
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    for (int k = 0; k < SIDE; k++)
        for (int i = 0; i < SHARE; i++) {
            const int row = ty + 16 * i;
            const float weight = TRANSPOSED ? p[k * SHORT_ROW + row] : p[row * SHORT_ROW + k];
            for (int c = 0; c < COLUMNS; c++) sums[i][c] += weight * b[k * LONG_ROW + tx + 16 * c];
        }
}

DEVICE void write_sums(float *to, long stride, int seen, const float (&sums)[SHARE][COLUMNS], float factor) {
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    for (int i = 0; i < SHARE; i++)
        for (int c = 0; c < COLUMNS; c++)
            if (ty + 16 * i < seen) to[(ty + 16 * i) * stride + tx + 16 * c] = sums[i][c] * factor;
}

/// Where the heads of a tile's sequence begin.
struct Places {
    const float *query, *key, *value;
    long stride, width;
    u64 mask;
};
DEVICE Places places_of(const float *qkv, int4 tile, Layout l, Dropout d, int heads) {
    Places x;
    x.width = heads * HEAD, x.stride = 3 * x.width;
    x.query = qkv + tile.z * x.stride + blockIdx.y * HEAD, x.key = x.query + x.width, x.value = x.key + x.width;
    x.mask = d.threshold ? stream_key(stream_key(d.site, l.keys[tile.y]), blockIdx.y) : 0;
    return x;
}

/// y = dropout(softmax(scale q kᵀ)) v and log Σ exp of every row, [heads, padded].
/// grid (tiles, heads), block 256
KERNEL softmax_forward(float *y, float *log_sums, const float *qkv, const int4 *tiles, Layout l, Dropout d, const float *scales,
                       int heads, int padded, int window) {
    DYNAMIC_SHARED(float, queries);
    float *keys = queries + SIDE * LONG_ROW, *values = keys + SIDE * LONG_ROW, *weights = values + 2 * SIDE * LONG_ROW;
    const int4 tile = tiles[blockIdx.x];
    const Places x = places_of(qkv, tile, l, d, heads);
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16, length = tile.w, begin = tile.x - tile.z;
    const float scale = scales[blockIdx.y];
    for (int first = begin; first < begin + 64 && first < length; first += SIDE) {
        float top[SHARE], sum[SHARE], o[SHARE][COLUMNS] = {};
        for (int i = 0; i < SHARE; i++) top[i] = -1e30f, sum[i] = 0;
        __syncthreads();
        load_rows(queries, x.query + first * x.stride, x.stride, length - first);
        for (int start = 0; start < SPAN_END(first, SIDE, length); start = SPAN_NEXT(start, first, SIDE)) {
            float s[SHARE][SHARE];
            __syncthreads();
            load_rows(keys, x.key + start * x.stride, x.stride, length - start);
            load_rows(values, x.value + start * x.stride, x.stride, length - start);
            __syncthreads();
            products_of_rows(s, queries, keys);
            for (int i = 0; i < SHARE; i++) {
                const u32 query = first + ty + 16 * i;
                float best = top[i], part = 0;
                for (int j = 0; j < SHARE; j++) {
                    const int key = start + tx + 16 * j;
                    s[i][j] = key < length && IS_SEEN((int)query, key) ? s[i][j] * scale : -1e30f;
                    best = fmaxf(best, s[i][j]);
                }
                for (int o = 1; o < 16; o *= 2) best = fmaxf(best, __shfl_xor_sync(0xffffffffu, best, o));
                const float share = expf(top[i] - best);
                for (int j = 0; j < SHARE; j++) {
                    part += s[i][j] = expf(s[i][j] - best);
                    if (d.threshold) s[i][j] = dropped(d, x.mask, query * length + start + tx + 16 * j, s[i][j]);
                }
                sum[i] = sum[i] * share + part, top[i] = best;
                for (int c = 0; c < COLUMNS; c++) o[i][c] *= share;
            }
            store_weights(weights, s);
            __syncthreads();
            add_weighted<false>(o, weights, values);
        }
        for (int i = 0; i < SHARE; i++) {
            const int at = first - begin + ty + 16 * i;
            for (int o = 1; o < 16; o *= 2) sum[i] += __shfl_xor_sync(0xffffffffu, sum[i], o);
            if (tx == 0 && begin + at < length) log_sums[(long)blockIdx.y * padded + tile.x + at] = top[i] + logf(sum[i]);
            for (int c = 0; c < COLUMNS; c++) o[i][c] *= 1 / sum[i];
        }
        write_sums(y + (tile.z + first) * x.width + blockIdx.y * HEAD, x.width, length - first, o, 1);
    }
    // What products read beyond the last row.
    if (tile.z + length == l.rows && length - begin <= 64)
        for (int i = threadIdx.x; i < (padded - l.rows) * HEAD; i += 256) {
            y[(l.rows + i / HEAD) * x.width + blockIdx.y * HEAD + i % HEAD] = 0;
            if (i % HEAD == 0) log_sums[(long)blockIdx.y * padded + l.rows + i / HEAD] = 0;
        }
}

/// P and dS (without the scale) of a tile of queries and one of keys; rows and columns that are not there weigh nothing.
DEVICE void weigh(float (&p)[SHARE][SHARE], float (&ds)[SHARE][SHARE], const float *log_sums, const float *delta, float scale,
                  Dropout d, u64 mask, int query, int key, int length, int window) {
    for (int i = 0; i < SHARE; i++)
        for (int j = 0; j < SHARE; j++) {
            const int row = query + threadIdx.x / 16 + 16 * i, column = key + threadIdx.x % 16 + 16 * j;
            const bool counts = row < length && column < length && IS_SEEN(row, column);
            const float weight = counts ? expf(p[i][j] * scale - log_sums[row]) : 0;
            const float kept = !d.threshold ? 1 : dropped(d, mask, (u32)row * length + column, 1);
            p[i][j] = weight * kept;
            ds[i][j] = counts ? weight * (ds[i][j] * kept - delta[row]) : 0;
        }
}

/// dv = P'ᵀ dy, dk = scale dSᵀ q of the rows of a tile.
/// grid (tiles, heads), block 256
KERNEL softmax_gradient_kv(float *dqkv, const float *dy, const float *qkv, const float *log_sums, const float *delta,
                           const int4 *tiles, Layout l, Dropout d, const float *scales, int heads,
                           int padded, int window) {
    DYNAMIC_SHARED(float, keys);
    float *values = keys + SIDE * LONG_ROW, *queries = values + SIDE * LONG_ROW, *slopes = queries + SIDE * LONG_ROW,
          *weights = slopes + SIDE * LONG_ROW;
    const int4 tile = tiles[blockIdx.x];
    const Places x = places_of(qkv, tile, l, d, heads);
    const int length = tile.w, begin = tile.x - tile.z;
    const long sums = (long)blockIdx.y * padded + tile.z;
    for (int first = begin; first < begin + 64 && first < length; first += SIDE) {
        float dk[SHARE][COLUMNS] = {}, dv[SHARE][COLUMNS] = {};
        __syncthreads();
        load_rows(keys, x.key + first * x.stride, x.stride, length - first);
        load_rows(values, x.value + first * x.stride, x.stride, length - first);
        for (int start = 0; start < SPAN_END(first, SIDE, length); start = SPAN_NEXT(start, first, SIDE)) {
            float p[SHARE][SHARE], ds[SHARE][SHARE];
            __syncthreads();
            load_rows(queries, x.query + start * x.stride, x.stride, length - start);
            load_rows(slopes, dy + (tile.z + start) * x.width + blockIdx.y * HEAD, x.width, length - start);
            __syncthreads();
            products_of_rows(p, queries, keys);
            products_of_rows(ds, slopes, values);
            weigh(p, ds, log_sums + sums, delta + sums, scales[blockIdx.y], d, x.mask, start, first, length, window);
            store_weights(weights, p);
            __syncthreads();
            add_weighted<true>(dv, weights, slopes);
            __syncthreads();
            store_weights(weights, ds);
            __syncthreads();
            add_weighted<true>(dk, weights, queries);
        }
        float *to = dqkv + (tile.z + first) * x.stride + blockIdx.y * HEAD + x.width;
        write_sums(to, x.stride, length - first, dk, scales[blockIdx.y]);
        write_sums(to + x.width, x.stride, length - first, dv, 1);
    }
}

/// dq = scale dS k of the rows of a tile.
/// grid (tiles, heads), block 256
KERNEL softmax_gradient_q(float *dqkv, const float *dy, const float *qkv, const float *log_sums, const float *delta,
                          const int4 *tiles, Layout l, Dropout d, const float *scales, int heads,
                          int padded, int window) {
    DYNAMIC_SHARED(float, queries);
    float *slopes = queries + SIDE * LONG_ROW, *keys = slopes + SIDE * LONG_ROW, *values = keys + SIDE * LONG_ROW,
          *weights = values + SIDE * LONG_ROW;
    const int4 tile = tiles[blockIdx.x];
    const Places x = places_of(qkv, tile, l, d, heads);
    const int length = tile.w, begin = tile.x - tile.z;
    const long sums = (long)blockIdx.y * padded + tile.z;
    for (int first = begin; first < begin + 64 && first < length; first += SIDE) {
        float dq[SHARE][COLUMNS] = {};
        __syncthreads();
        load_rows(queries, x.query + first * x.stride, x.stride, length - first);
        load_rows(slopes, dy + (tile.z + first) * x.width + blockIdx.y * HEAD, x.width, length - first);
        for (int start = 0; start < SPAN_END(first, SIDE, length); start = SPAN_NEXT(start, first, SIDE)) {
            float p[SHARE][SHARE], ds[SHARE][SHARE];
            __syncthreads();
            load_rows(keys, x.key + start * x.stride, x.stride, length - start);
            load_rows(values, x.value + start * x.stride, x.stride, length - start);
            __syncthreads();
            products_of_rows(p, queries, keys);
            products_of_rows(ds, slopes, values);
            weigh(p, ds, log_sums + sums, delta + sums, scales[blockIdx.y], d, x.mask, first, start, length, window);
            store_weights(weights, ds);
            __syncthreads();
            add_weighted<false>(dq, weights, keys);
        }
        write_sums(dqkv + (tile.z + first) * x.stride + blockIdx.y * HEAD, x.stride, length - first, dq, scales[blockIdx.y]);
    }
}
#endif
