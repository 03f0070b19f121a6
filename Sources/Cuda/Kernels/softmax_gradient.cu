// Gradients of softmax attention on tensor cores. With P the weights, D their dropout, P' = D ∘ P, dP = D ∘ (dy vᵀ),
// δ = rows of Σ dy ∘ y: dS = P ∘ (dP - δ), dq = scale dS k, dk = scale dSᵀ q, dv = P'ᵀ dy.
//
// Every sum is one warp's and in one order. Sequences of up to BLOCK_ROWS tokens have one block a head, which makes all three
// (softmax_gradient_short, 5 products); longer ones a block for every BLOCK_ROWS keys and one for every BLOCK_ROWS queries,
// which both compute P anew (7 products).
#ifdef REAL_BF16
// Columns of P and dS that a warp holds at once: queries for dk and dv, keys for dq.
#ifndef SPAN
#ifdef WINDOWED
#define SPAN 16
#else
#define SPAN 32
#endif
#endif
#ifndef NARROW
#define NARROW 16
#endif

/// s = a bᵀ of the warp's rows of a tile, read anew to spare registers, and rows row ..< row + SPAN of another.
DEVICE void multiply_tiles(float (&s)[HIGH][SPAN / 8][4], const real *own, int first, const real *tile, int row) {
    clear(s);
#pragma unroll
    for (int step = 0; step < STEPS; step++) {
        u32 a[HIGH][4];
        left_rows(a, own, first, step);
        add_step(s, a, [&](u32 *b, int column) { right_transposed(b, tile, row, column, 16 * step); });
    }
}

/// Queries row ..< row + SPAN of a tile, of which `query` is the first within the sequence, to dk / scale and dv / kept of the
/// warp's keys, of which `key` is the first. dSᵀ also to `slopes` [BLOCK_ROWS, BLOCK_ROWS], if there are any.
template <bool KEEPS>
DEVICE void add_queries(float (&dk)[HIGH][PIECES][4], float (&dv)[HIGH][PIECES][4], const real *keys, const real *values,
                        const real *queries, const real *dy, const float *tops, const float *deltas, int row, const Head &x,
                        Dropout d, int key, int query, real *slopes, int window) {
    const u32 lane = threadIdx.x % 32;
    u32 own = threadIdx.x / 32 * WARP_ROWS;
    spare(own);
    float p[HIGH][SPAN / 8][4], ds[HIGH][SPAN / 8][4];
    multiply_tiles(p, keys, own, queries, row);
    multiply_tiles(ds, values, own, dy, row);
#pragma unroll
    for (int n = 0; n < SPAN / 8; n++) {
        const float2 top = *(const float2 *)(tops + row + 8 * n + lane % 4 * 2);
#pragma unroll
        for (int h = 0; h < HIGH; h++)
#pragma unroll
            for (int i = 0; i < 4; i++) p[h][n][i] = exp2_fast(p[h][n][i] * x.factor - (i % 2 ? top.y : top.x));
    }
#ifdef WINDOWED
    each<SPAN / 8>([&](int h, int n, int i) {
        if (!IS_SEEN(key + 16 * h + i / 2 * 8 + (int)lane / 4, query + 8 * n + (int)lane % 4 * 2 + i % 2)) p[h][n][i] = 0;
    });
#endif
    // Rows of keys that are not there, for dq: they would have a score of 0.
    if (KEEPS && key + WARP_ROWS > x.length)
        each<SPAN / 8>([&](int h, int n, int i) { if (key + 16 * h + i / 2 * 8 + lane / 4 >= x.length) p[h][n][i] = 0; });
    // A negative weight is dropped.
    if (d.threshold) {
        each<SPAN / 8>([&](int h, int n, int i) {
            const u32 at = query + 8 * n + lane % 4 * 2 + i % 2;
            const bool drops = random_word(x.mask, at * x.length + key + 16 * h + i / 2 * 8 + lane / 4) < d.threshold;
            ds[h][n][i] = drops ? 0 : ds[h][n][i] * d.kept;
            if (drops) p[h][n][i] = -p[h][n][i];
        });
    }
#pragma unroll
    for (int n = 0; n < SPAN / 8; n++) {
        const float2 delta = *(const float2 *)(deltas + row + 8 * n + lane % 4 * 2);
#pragma unroll
        for (int h = 0; h < HIGH; h++)
#pragma unroll
            for (int i = 0; i < 4; i++)
                ds[h][n][i] = fabsf(p[h][n][i]) * (ds[h][n][i] - (i % 2 ? delta.y : delta.x));
    }
    if (d.threshold)
        each<SPAN / 8>([&](int h, int n, int i) { p[h][n][i] = fmaxf(p[h][n][i], 0); });
    add_product(dv, p, dy, row);
    add_product(dk, ds, queries, row);
    if (KEEPS) {
        const u32 place_of_row = place<BLOCK_ROWS / 8>(lane / 4, 0) + own * BLOCK_ROWS;
#pragma unroll
        for (int h = 0; h < HIGH; h++)
#pragma unroll
            for (int n = 0; n < SPAN / 8; n++)
#pragma unroll
                for (int r = 0; r < 2; r++)
                    *(u32 *)(slopes + (place_of_row ^ (row + 8 * n)) + (16 * h + 8 * r) * BLOCK_ROWS + lane % 4 * 2) =
                        narrow2(ds[h][n][2 * r], ds[h][n][2 * r + 1]);
    }
}

/// log Σ exp to the base 2 and δ of TILE queries; of those that are not there such that they weigh nothing.
DEVICE void copy_sums(float *tops, const float *log_sums, const float *delta, int seen) {
    const int i = threadIdx.x % TILE;
    if (threadIdx.x < TILE) tops[i] = i < seen ? log_sums[i] * LOG2_E : 1e30f;
    else tops[2 * TILE + i] = i < seen ? delta[i] : 0;
}

DEVICE void fill_factor(float (&factor)[HIGH][2], float value) {
#pragma unroll
    for (int h = 0; h < HIGH; h++) factor[h][0] = factor[h][1] = value;
}

/// dk and dv of BLOCK_ROWS keys of a longer sequence. grid (tiles, heads), block 128, dynamic shared 2 HEAD (2 BLOCK_ROWS + 256) + 1024
KERNEL softmax_gradient_kv(real *dqkv, const real *dy, const real *qkv, const float *log_sums, const float *delta,
                           const int4 *tiles, Layout l, Dropout d, const float *scales, int heads,
                           int padded, int window) {
    DYNAMIC_SHARED(real, keys);
    real *values = keys + BLOCK_ROWS * HEAD, *queries = values + BLOCK_ROWS * HEAD, *slopes = queries + 2 * TILE * HEAD;
    // Twice log Σ exp of a tile, then twice δ.
    float *tops = (float *)(slopes + 2 * TILE * HEAD);
    const int4 tile = tiles[blockIdx.x];
    Head x = head_of(qkv, tile, l, d, scales, heads);
    if (x.first % BLOCK_ROWS) return;
    const int row = threadIdx.x / 32 * WARP_ROWS, rows = x.length - x.first;
    copy_rows<BLOCK_ROWS>(keys, x.key + (long)x.first * x.stride, x.stride, rows);
    copy_rows<BLOCK_ROWS>(values, x.value + (long)x.first * x.stride, x.stride, rows);
    // Where they lie is read anew for every tile, which spares registers.
    auto copy_queries = [&](int start, int seen) {
        const int turn = start / TILE % 2, width = heads * HEAD, from = tiles[blockIdx.x].z + start;
        const long sums = (long)blockIdx.y * padded + from;
        copy_rows<TILE>(queries + turn * TILE * HEAD, qkv + (long)from * 3 * width + blockIdx.y * HEAD, 3 * width, seen);
        copy_rows<TILE>(slopes + turn * TILE * HEAD, dy + (long)from * width + blockIdx.y * HEAD, width, seen);
        copies_commit();
        copy_sums(tops + turn * TILE, log_sums + sums, delta + sums, seen);
    };
    copy_queries(0, x.length);
    float dk[HIGH][PIECES][4] = {}, dv[HIGH][PIECES][4] = {};
    for (int start = 0; start < SPAN_END(x.first, BLOCK_ROWS, x.length); start = SPAN_NEXT(start, x.first, TILE)) {
        const int turn = start / TILE % 2, half = turn * TILE * HEAD, seen = x.length - start;
        copies_wait<0>();
        __syncthreads();
        const int next = SPAN_NEXT(start, x.first, TILE);
        if (next < SPAN_END(x.first, BLOCK_ROWS, x.length)) copy_queries(next, x.length - next);
        if (row >= rows) continue;
#pragma unroll 1
        for (int at = 0; at < TILE && at < seen; at += SPAN)
            add_queries<false>(dk, dv, keys, values, queries + half, slopes + half, tops + turn * TILE,
                               tops + (2 + turn) * TILE, at, x, d, x.first + row, start + at, 0, window);
    }
    if (row >= rows) return;
    const int width = heads * HEAD;
    real *to = dqkv + (long)tiles[blockIdx.x].x * x.stride + width + blockIdx.y * HEAD;
    float factor[HIGH][2];
    fill_factor(factor, d.threshold ? d.kept : 1.0f);
    write_rows(to + width, x.stride, rows, dv, factor, values, row);
    fill_factor(factor, scales[blockIdx.y]);
    write_rows(to, x.stride, rows, dk, factor, keys, row);
}

/// dq of BLOCK_ROWS queries of a longer sequence. grid (tiles, heads), block 128, dynamic shared 2 HEAD (2 BLOCK_ROWS + 256)
KERNEL softmax_gradient_q(real *dqkv, const real *dy, const real *qkv, const float *log_sums, const float *delta,
                          const int4 *tiles, Layout l, Dropout d, const float *scales, int heads,
                          int padded, int window) {
    DYNAMIC_SHARED(real, queries);
    real *slopes = queries + BLOCK_ROWS * HEAD, *keys = slopes + BLOCK_ROWS * HEAD, *values = keys + 2 * TILE * HEAD;
    const int4 tile = tiles[blockIdx.x];
    Head x = head_of(qkv, tile, l, d, scales, heads);
    if (x.first % BLOCK_ROWS) return;
    const u32 lane = threadIdx.x % 32, row = threadIdx.x / 32 * WARP_ROWS, rows = x.length - x.first;
    const int width = heads * HEAD;
    log_sums += (long)blockIdx.y * padded + tile.x, delta += (long)blockIdx.y * padded + tile.x;
    copy_rows<BLOCK_ROWS>(queries, x.query + (long)x.first * x.stride, x.stride, rows);
    copy_rows<BLOCK_ROWS>(slopes, dy + (long)tile.x * width + blockIdx.y * HEAD, width, rows);
    copy_rows<TILE>(keys, x.key, x.stride, x.length);
    copy_rows<TILE>(values, x.value, x.stride, x.length);
    copies_commit();
    float tops[HIGH][2], deltas[HIGH][2], dq[HIGH][PIECES][4] = {};
    u32 q[STEPS][HIGH][4], g[STEPS][HIGH][4];
#pragma unroll
    for (int h = 0; h < HIGH; h++)
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const int at = row + 16 * h + 8 * r + lane / 4;
            tops[h][r] = at < rows ? log_sums[at] * LOG2_E : 1e30f;
            deltas[h][r] = at < rows ? delta[at] : 0;
        }
    copies_wait<0>();
    __syncthreads();
#pragma unroll
    for (int step = 0; step < STEPS; step++) left_rows(q[step], queries, row, step), left_rows(g[step], slopes, row, step);
    for (int start = 0; start < SPAN_END(x.first, BLOCK_ROWS, x.length); start = SPAN_NEXT(start, x.first, TILE)) {
        const int half = start / TILE % 2 * TILE * HEAD, seen = x.length - start;
        if (start) {
            copies_wait<0>();
            __syncthreads();
        }
        const int ahead = SPAN_NEXT(start, x.first, TILE) - start;
        if (start + ahead < SPAN_END(x.first, BLOCK_ROWS, x.length)) {
            const int other = TILE * HEAD - half;
            x.key += (long)ahead * x.stride, x.value += (long)ahead * x.stride;
            copy_rows<TILE>(keys + other, x.key, x.stride, seen - ahead);
            copy_rows<TILE>(values + other, x.value, x.stride, seen - ahead);
            copies_commit();
        }
        if (row >= rows) continue;
#pragma unroll 1
        for (int at = 0; at < TILE && at < seen; at += NARROW) {
            float p[HIGH][NARROW / 8][4], ds[HIGH][NARROW / 8][4];
            multiply_rows(p, q, keys + half, at);
            multiply_rows(ds, g, values + half, at);
            each<NARROW / 8>([&](int h, int n, int i) { p[h][n][i] = exp2_fast(p[h][n][i] * x.factor - tops[h][i / 2]); });
            // Keys that are not there would have a score of 0.
            if (seen - at < NARROW)
                each<NARROW / 8>([&](int h, int n, int i) { if (at + 8 * n + lane % 4 * 2 + i % 2 >= (u32)seen) p[h][n][i] = 0; });
#ifdef WINDOWED
            each<NARROW / 8>([&](int h, int n, int i) {
                const int query = x.first + row + 16 * h + i / 2 * 8 + lane / 4;
                if (!IS_SEEN(query, start + at + 8 * n + (int)lane % 4 * 2 + i % 2)) p[h][n][i] = 0;
            });
#endif
            if (d.threshold) {
                each<NARROW / 8>([&](int h, int n, int i) {
                    const u32 query = x.first + row + 16 * h + i / 2 * 8 + lane / 4;
                    const u32 key = start + at + 8 * n + lane % 4 * 2 + i % 2;
                    ds[h][n][i] = dropped(d, x.mask, query * x.length + key, ds[h][n][i]);
                });
            }
            each<NARROW / 8>([&](int h, int n, int i) { ds[h][n][i] = p[h][n][i] * (ds[h][n][i] - deltas[h][i / 2]); });
            add_product(dq, ds, keys + half, at);
        }
    }
    if (row >= rows) return;
    float factor[HIGH][2];
    fill_factor(factor, x.scale);
    write_rows(dqkv + (long)tile.x * x.stride + blockIdx.y * HEAD, x.stride, rows, dq, factor, queries, row);
}

#ifndef WINDOWED
/// dq, dk and dv where no sequence is longer than BLOCK_ROWS; δ is made here.
/// grid (tiles, heads), block 128, dynamic shared 8 HEAD BLOCK_ROWS + 2 BLOCK_ROWS² + 8 BLOCK_ROWS
KERNEL softmax_gradient_short(real *dqkv, const real *dy, const real *y, const real *qkv, const float *log_sums,
                              const int4 *tiles, Layout l, Dropout d, const float *scales, int heads, int padded) {
    DYNAMIC_SHARED(real, queries);
    real *keys = queries + BLOCK_ROWS * HEAD, *values = keys + BLOCK_ROWS * HEAD, *out = values + BLOCK_ROWS * HEAD,
         *slopes = out + BLOCK_ROWS * HEAD;
    float *tops = (float *)(slopes + BLOCK_ROWS * BLOCK_ROWS), *deltas = tops + BLOCK_ROWS;
    const int4 tile = tiles[blockIdx.x];
    const Head x = head_of(qkv, tile, l, d, scales, heads);
    if (x.first) return;
    const u32 lane = threadIdx.x % 32, row = threadIdx.x / 32 * WARP_ROWS;
    const int width = heads * HEAD;
    const long begin = (long)tile.z * width + blockIdx.y * HEAD;
    copy_rows<BLOCK_ROWS>(out, dy + begin, width, x.length);
    copies_commit();
    copy_rows<BLOCK_ROWS>(queries, x.query, x.stride, x.length);
    copy_rows<BLOCK_ROWS>(keys, x.key, x.stride, x.length);
    copy_rows<BLOCK_ROWS>(values, x.value, x.stride, x.length);
    copies_commit();
    if (threadIdx.x < BLOCK_ROWS)
        tops[threadIdx.x] = threadIdx.x < x.length
                                ? log_sums[(long)blockIdx.y * padded + tile.z + threadIdx.x] * LOG2_E : 1e30f;
    // A thread's own pieces of dy, which it copied itself.
    const u32 above = threadIdx.x / PIECES, piece = threadIdx.x % PIECES, together = 128 / PIECES;
    float ahead[BLOCK_ROWS / together][VECTOR];
#pragma unroll
    for (int i = 0; i < BLOCK_ROWS / together; i++)
        get_vector(y, begin + min(above + i * together, x.length - 1u) * width + 8 * piece, ahead[i]);
    copies_wait<1>();
#pragma unroll
    for (int i = 0; i < BLOCK_ROWS / together; i++) {
        float sum = 0, a[VECTOR];
        get_vector(out, place<PIECES>(above + i * together, piece), a);
#pragma unroll
        for (int c = 0; c < VECTOR; c++) sum += a[c] * ahead[i][c];
#pragma unroll
        for (int o = PIECES / 2; o; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
        if (piece == 0) deltas[above + i * together] = sum;
    }
    copies_wait<0>();
    __syncthreads();
    float dk[HIGH][PIECES][4] = {}, sums[HIGH][PIECES][4] = {}, factor[HIGH][2];
    if (row < x.length) {
#pragma unroll 1
        for (int at = 0; at < x.length; at += SPAN)
            add_queries<true>(dk, sums, keys, values, queries, out, tops, deltas, at, x, d, row, at, slopes, 0);
        __syncwarp();
        fill_factor(factor, d.threshold ? d.kept : 1.0f);
        real *to = dqkv + (long)tiles[blockIdx.x].z * 3 * width + blockIdx.y * HEAD;
        write_rows(to + 2 * width, 3 * width, x.length, sums, factor, values, row);
    }
    __syncthreads();
    if (row >= x.length) return;
    real *to = dqkv + (long)tiles[blockIdx.x].z * 3 * width + blockIdx.y * HEAD;
    fill_factor(factor, scales[blockIdx.y]);
    write_rows(to + width, 3 * width, x.length, dk, factor, out, row);
    clear(sums);
#pragma unroll 1
    for (int step = 0; 16 * step < x.length; step++) {
        u32 a[HIGH][4];
#pragma unroll
        for (int h = 0; h < HIGH; h++) left_transposed(a[h], slopes, 16 * step, row + 16 * h);
        add_step(sums, a, [&](u32 *b, int column) { right(b, keys, 16 * step, 0, column); });
    }
    write_rows(to, 3 * width, x.length, sums, factor, queries, row);
}
#endif
#endif
