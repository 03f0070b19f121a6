// Softmax attention of packed sequences (-DHEAD=16, 32, 64 or 128), whose scores exist a tile at a time only (FlashAttention-2:
// Dao 2023): on tensor cores. softmax_fp32.cu, which stands behind this file, has the same kernels for float32.
//
// A block is four warps and BLOCK_ROWS rows of one sequence and head. A warp multiplies WARP_ROWS rows of its own, so that a
// fragment read from shared memory serves HIGH products. Rows beyond the sequence are zero in shared memory and never written.
#define LOG2_E 1.44269504088896341f
#define HIGH (HEAD > 64 ? 1 : 2)
#define WARP_ROWS (16 * HIGH)
#define BLOCK_ROWS (4 * WARP_ROWS)
// Rows that travel together from global memory.
#define TILE 64
// Keys whose scores the forward pass holds at once, and blocks of it on a multiprocessor.
#ifndef WIDE
#define WIDE 32
#endif
#ifndef BLOCKS
#ifdef WINDOWED
#define BLOCKS (HEAD > 32 ? 2 : 4)
#else
#define BLOCKS (HEAD == 64 ? 3 : HEAD == 128 ? 2 : 4)
#endif
#endif
// 16-byte pieces of a row, and products that reduce over it.
#define PIECES (HEAD / 8)
#define STEPS (HEAD / 16)

/// Σ dy ∘ y of every row and head: delta [heads, padded].
/// grid (⌈padded · heads · HEAD / VECTOR / 256⌉), block 256
KERNEL softmax_delta(float *delta, const real *dy, const real *y, int heads, int padded) {
    const int pieces = HEAD / VECTOR;
    const long piece = (long)blockIdx.x * blockDim.x + threadIdx.x, line = piece / pieces;
    float sum = 0, a[VECTOR], b[VECTOR];
    if (line < (long)padded * heads) {
        get_vector(dy, piece * VECTOR, a);
        get_vector(y, piece * VECTOR, b);
        for (int i = 0; i < VECTOR; i++) sum += a[i] * b[i];
    }
    for (int o = pieces / 2; o; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
    if (line < (long)padded * heads && piece % pieces == 0) delta[line % heads * padded + line / heads] = sum;
}

#ifdef REAL_BF16
/// Has the compiler compute anew what follows from x, which it would else keep in registers, of which there are too few.
template <class T> DEVICE void spare(T &x) { asm volatile("" : "+r"(x)); }

/// body(h, n, i) for every number that a lane has of sums [HIGH][16, 8 N]: row 16 h + i / 2 · 8 + lane / 4, column
/// 8 n + lane % 4 · 2 + i % 2.
template <int N, class Body> DEVICE void each(Body body) {
#pragma unroll
    for (int h = 0; h < HIGH; h++)
#pragma unroll
        for (int n = 0; n < N; n++)
#pragma unroll
            for (int i = 0; i < 4; i++) body(h, n, i);
}

// Tiles in shared memory ---------------------------------------------------------------------------------------------

/// Where 16 bytes of a row lie: pieces trade places by the row, so that those of eight rows lie in different banks.
template <int N> DEVICE u32 place(u32 row, u32 piece) {
    return 8 * (row * N + (piece ^ (N < 8 ? row / (8 / N) % N : row % 8)));
}

/// Rows 0 ..< ROWS of a matrix to a tile, zeros from `seen` on.
template <int ROWS> DEVICE void copy_rows(real *tile, const real *from, int stride, int seen) {
    spare(stride);
    const int row = threadIdx.x / PIECES, piece = threadIdx.x % PIECES, together = 128 / PIECES;
    from += row * stride + 8 * piece;
    tile += place<PIECES>(row, piece);
#pragma unroll
    for (int i = 0; i < ROWS; i += together, from += together * stride) copy_ahead(tile + i * HEAD, from, row + i < seen);
}

// Where a lane reads for a fragment [16, 16] at (0, 0): its four matrices lie down, then right, or right, then down. At (row,
// column), multiples of 16, it is (that + row · 8 N) ^ column, one instruction where a table of places would cost registers.
template <int N> DEVICE u32 downward() { return place<N>(threadIdx.x % 16, threadIdx.x % 32 / 16); }
template <int N> DEVICE u32 rightward() { return place<N>(threadIdx.x % 8 + threadIdx.x % 32 / 16 * 8, threadIdx.x / 8 % 2); }

/// [16, 16] at (row + below, column) as the left factor of a product.
DEVICE void left(u32 *a, const real *tile, int row, int below, int column) {
    load_matrices(a, tile + ((downward<PIECES>() + row * HEAD) ^ column) + below * HEAD);
}
/// The transpose of [16, 16] at (row, column) of a square as the left factor.
DEVICE void left_transposed(u32 *a, const real *square, int row, int column) {
    load_matrices_transposed(a, square + ((rightward<BLOCK_ROWS / 8>() + row * BLOCK_ROWS) ^ column));
}
/// [16, 16] at (row + below, column) as two right factors of eight columns.
DEVICE void right(u32 *b, const real *tile, int row, int below, int column) {
    load_matrices_transposed(b, tile + ((downward<PIECES>() + row * HEAD) ^ column) + below * HEAD);
}
/// The transpose of [16, 16] at (row + below, column) as two right factors.
DEVICE void right_transposed(u32 *b, const real *tile, int row, int below, int column) {
    load_matrices(b, tile + ((rightward<PIECES>() + row * HEAD) ^ column) + below * HEAD);
}
/// Columns 16 step ..< 16 step + 16 of sums as the left factor of the next product.
DEVICE void packed(u32 *a, const float (*x)[4], int step) {
    a[0] = narrow2(x[2 * step][0], x[2 * step][1]), a[1] = narrow2(x[2 * step][2], x[2 * step][3]);
    a[2] = narrow2(x[2 * step + 1][0], x[2 * step + 1][1]), a[3] = narrow2(x[2 * step + 1][2], x[2 * step + 1][3]);
}

template <int N> DEVICE void clear(float (&sums)[HIGH][N][4]) {
    each<N>([&](int h, int n, int i) { sums[h][n][i] = 0; });
}
/// sums[HIGH][16, 8 N] += a b of [16, 16] and [16, 8 N], sixteen columns of b at a time from `load(b, column)`.
template <int N, class Load> DEVICE void add_step(float (&sums)[HIGH][N][4], const u32 (&a)[HIGH][4], Load load) {
#pragma unroll
    for (int n = 0; n < N / 2; n++) {
        u32 b[4];
        load(b, 16 * n);
#pragma unroll
        for (int h = 0; h < HIGH; h++) mma16816(sums[h][2 * n], a[h], b), mma16816(sums[h][2 * n + 1], a[h], b + 2);
    }
}
/// The warp's rows of a tile, which begin at `row`, as left factors.
DEVICE void left_rows(u32 (&a)[HIGH][4], const real *tile, int row, int step) {
#pragma unroll
    for (int h = 0; h < HIGH; h++) left(a[h], tile, row, 16 * h, 16 * step);
}
/// s = a bᵀ of the warp's rows and of rows row ..< row + 8 N of a tile.
template <int N> DEVICE void multiply_rows(float (&s)[HIGH][N][4], const u32 (&a)[STEPS][HIGH][4], const real *tile, int row) {
    clear(s);
#pragma unroll
    for (int step = 0; step < STEPS; step++)
        add_step(s, a[step], [&](u32 *b, int column) { right_transposed(b, tile, row, column, 16 * step); });
}
/// sums[HIGH][16, HEAD] += x[HIGH][16, 8 N] times rows of a tile.
template <int N> DEVICE void add_product(float (&sums)[HIGH][PIECES][4], const float (&x)[HIGH][N][4], const real *tile, int row) {
#pragma unroll
    for (int step = 0; step < N / 2; step++) {
        u32 a[HIGH][4];
#pragma unroll
        for (int h = 0; h < HIGH; h++) packed(a[h], x[h], step);
        add_step(sums, a, [&](u32 *b, int column) { right(b, tile, row, 16 * step, column); });
    }
}

/// factor · sums to rows of a matrix, by way of the warp's own rows of a tile, which nobody else reads any more.
DEVICE void write_rows(real *to, int stride, int seen, const float (&sums)[HIGH][PIECES][4], const float (&factor)[HIGH][2],
                       real *tile, int row) {
    const u32 lane = threadIdx.x % 32;
    __syncwarp();
#pragma unroll
    for (int h = 0; h < HIGH; h++)
#pragma unroll
        for (int n = 0; n < PIECES; n++)
#pragma unroll
            for (int r = 0; r < 2; r++)
                *(u32 *)(tile + place<PIECES>(row + 16 * h + 8 * r + lane / 4, n) + lane % 4 * 2) =
                    narrow2(sums[h][n][2 * r] * factor[h][r], sums[h][n][2 * r + 1] * factor[h][r]);
    __syncwarp();
    const int first = row + lane / PIECES, piece = lane % PIECES, together = 32 / PIECES;
    to += first * stride + 8 * piece;
#pragma unroll
    for (int i = 0; i < WARP_ROWS; i += together, to += together * stride)
        if (first + i < seen) *(uint4 *)to = *(const uint4 *)(tile + place<PIECES>(first + i, piece));
}

/// What the kernels have in common: one head of one sequence.
struct Head {
    int first, length;        // row of the block within the sequence; rows of the sequence
    const real *query, *key, *value;  // of the whole sequence, `stride` apart
    int stride;
    float scale, factor;      // of scores, and that for powers of 2
    u64 mask;                 // key of dropout
};
DEVICE Head head_of(const real *qkv, int4 tile, Layout l, Dropout d, const float *scales, int heads) {
    Head x;
    x.first = tile.x - tile.z, x.length = tile.w, x.stride = 3 * heads * HEAD;
    x.query = qkv + (long)tile.z * x.stride + blockIdx.y * HEAD, x.key = x.query + heads * HEAD, x.value = x.key + heads * HEAD;
    x.scale = scales[blockIdx.y], x.factor = x.scale * LOG2_E;
    x.mask = d.threshold ? stream_key(stream_key(d.site, l.keys[tile.y]), blockIdx.y) : 0;
    return x;
}

/// y = dropout(softmax(scale q kᵀ)) v and log Σ exp of every row, [heads, padded].
/// grid (tiles, heads), block 128, dynamic shared 2 HEAD (BLOCK_ROWS + 256)
KERNEL __launch_bounds__(128, BLOCKS)
softmax_forward(real *y, float *log_sums, const real *qkv, const int4 *tiles, Layout l, Dropout d, const float *scales, int heads,
                int padded, int window) {
    DYNAMIC_SHARED(real, queries);
    real *keys = queries + BLOCK_ROWS * HEAD, *values = keys + 2 * TILE * HEAD;
    const int4 tile = tiles[blockIdx.x];
    const Head x = head_of(qkv, tile, l, d, scales, heads);
    if (x.first % BLOCK_ROWS) return;
    const int lane = threadIdx.x % 32, row = threadIdx.x / 32 * WARP_ROWS;
    const bool idle = x.first + row >= x.length;
    copy_rows<BLOCK_ROWS>(queries, x.query + (long)x.first * x.stride, x.stride, x.length - x.first);
    // Where they lie is read anew for every tile, which spares registers.
    auto copy_keys = [&](int start) {
        const int4 tile = tiles[blockIdx.x];
        const int half = start / TILE % 2 * TILE * HEAD, width = heads * HEAD;
        const int seen = start < SPAN_END(tile.x - tile.z, BLOCK_ROWS, tile.w) ? tile.w - start : 0;
        const real *from = qkv + (long)(tile.z + start) * 3 * width + width + blockIdx.y * HEAD;
        if (seen > 0) copy_rows<TILE>(keys + half, from, 3 * width, seen);
        if (seen > 0) copy_rows<TILE>(values + half, from + width, 3 * width, seen);
        copies_commit();
    };
    copy_keys(0);
    copy_keys(SPAN_NEXT(0, x.first, TILE));
    copies_wait<1>();
    __syncthreads();
    u32 q[STEPS][HIGH][4];
    float o[HIGH][PIECES][4] = {}, top[HIGH][2], sum[HIGH][2];
#pragma unroll
    for (int h = 0; h < HIGH; h++) top[h][0] = top[h][1] = -1e30f, sum[h][0] = sum[h][1] = 0;
#pragma unroll
    for (int step = 0; step < STEPS; step++) left_rows(q[step], queries, row, step);
    for (int start = 0; start < SPAN_END(x.first, BLOCK_ROWS, x.length); start = SPAN_NEXT(start, x.first, TILE)) {
        const int half = start / TILE % 2 * TILE * HEAD, seen = x.length - start;
        if (start) {
            copies_wait<0>();
            __syncthreads();
            copy_keys(SPAN_NEXT(start, x.first, TILE));
        }
        if (idle) continue;
#pragma unroll 1
        for (int at = 0; at < TILE && at < seen; at += WIDE) {
            float s[HIGH][WIDE / 8][4], best[HIGH][2];
            multiply_rows(s, q, keys + half, at);
            if (seen - at < WIDE)
                each<WIDE / 8>([&](int h, int n, int i) { if (at + 8 * n + lane % 4 * 2 + i % 2 >= seen) s[h][n][i] = -1e30f; });
#ifdef WINDOWED
            each<WIDE / 8>([&](int h, int n, int i) {
                const int query = x.first + row + 16 * h + i / 2 * 8 + lane / 4, key = start + at + 8 * n + lane % 4 * 2 + i % 2;
                if (!IS_SEEN(query, key)) s[h][n][i] = -1e30f;
            });
#endif
            // Sums stay below a maximum that is not more than 2⁸ too small: most tiles need not change it.
            bool raises = false;
#pragma unroll
            for (int h = 0; h < HIGH; h++)
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    best[h][r] = fmaxf(s[h][0][2 * r], s[h][0][2 * r + 1]);
#pragma unroll
                    for (int n = 1; n < WIDE / 8; n++) best[h][r] = fmaxf(best[h][r], fmaxf(s[h][n][2 * r], s[h][n][2 * r + 1]));
                    raises |= (best[h][r] - top[h][r]) * x.factor > 8;
                }
            if (__any_sync(0xffffffffu, raises)) {
#pragma unroll
                for (int h = 0; h < HIGH; h++)
#pragma unroll
                    for (int r = 0; r < 2; r++) {
                        float next = fmaxf(best[h][r], top[h][r]);
                        next = fmaxf(next, __shfl_xor_sync(0xffffffffu, next, 1));
                        next = fmaxf(next, __shfl_xor_sync(0xffffffffu, next, 2));
                        const float share = exp2_fast((top[h][r] - next) * x.factor);
                        top[h][r] = next, sum[h][r] *= share;
#pragma unroll
                        for (int n = 0; n < PIECES; n++) o[h][n][2 * r] *= share, o[h][n][2 * r + 1] *= share;
                    }
            }
            // `sum` is that of this lane's columns; lanes are added up at the end.
#pragma unroll
            for (int h = 0; h < HIGH; h++)
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    const float base = top[h][r] * x.factor;
#pragma unroll
                    for (int n = 0; n < WIDE / 8; n++)
#pragma unroll
                        for (int i = 2 * r; i < 2 * r + 2; i++) sum[h][r] += s[h][n][i] = exp2_fast(s[h][n][i] * x.factor - base);
                }
            if (d.threshold) {
                u32 own = threadIdx.x;
                spare(own);
                each<WIDE / 8>([&](int h, int n, int i) {
                    const u32 query = x.first + own / 32 * WARP_ROWS + 16 * h + i / 2 * 8 + own % 32 / 4;
                    const u32 key = start + at + 8 * n + own % 4 * 2 + i % 2;
                    if (random_word(x.mask, query * x.length + key) < d.threshold) s[h][n][i] = 0;
                });
            }
            add_product(o, s, values + half, at);
        }
    }
    const int begin = tiles[blockIdx.x].x, rows = tiles[blockIdx.x].z + tiles[blockIdx.x].w - begin, width = heads * HEAD;
    if (!idle) {
        const float scale = scales[blockIdx.y];
#pragma unroll
        for (int h = 0; h < HIGH; h++)
#pragma unroll
            for (int r = 0; r < 2; r++) {
                float whole = sum[h][r];
                whole += __shfl_xor_sync(0xffffffffu, whole, 1);
                whole += __shfl_xor_sync(0xffffffffu, whole, 2);
                const int at = row + 16 * h + 8 * r + lane / 4;
                if (lane % 4 == 0 && at < rows)
                    log_sums[(long)blockIdx.y * padded + begin + at] = top[h][r] * scale + logf(whole);
                sum[h][r] = (d.threshold ? d.kept : 1.0f) / whole;
            }
        write_rows(y + (long)begin * width + blockIdx.y * HEAD, width, rows, o, sum, queries, row);
    }
    // What products read beyond the last row.
    if (begin + rows == l.rows && rows <= BLOCK_ROWS) {
        for (int i = threadIdx.x; i < (padded - l.rows) * PIECES; i += 128)
            *(uint4 *)(y + (l.rows + i / PIECES) * (long)width + blockIdx.y * HEAD + i % PIECES * 8) = make_uint4(0, 0, 0, 0);
        for (int i = l.rows + threadIdx.x; i < padded; i += 128) log_sums[(long)blockIdx.y * padded + i] = 0;
    }
}
#endif
