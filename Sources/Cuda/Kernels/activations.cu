// Activation functions, dropout, and the sums over rows that biases' gradients are.

#ifdef YOSO_EMULATED
DEVICE float quotient(float a, float b) { return a / b; }
#else
DEVICE float quotient(float a, float b) { return __fdividef(a, b); }
#endif

/// Φ(x), with erf to 3e-7 as an odd rational function of degree 13 over 8 on [-4, 4] (the one of Eigen and XLA).
DEVICE float erf_cdf(float x) {
    x = fminf(fmaxf(x * 0.70710678118654752f, -4.0f), 4.0f);
    const float s = x * x;
    float p = -2.72614225801306e-10f, q = -1.45660718464996e-05f;
    p = fmaf(p, s, 2.77068142495902e-08f), q = fmaf(q, s, -2.13374055278905e-04f);
    p = fmaf(p, s, -2.10102402082508e-06f), q = fmaf(q, s, -1.68282697438203e-03f);
    p = fmaf(p, s, -5.69250639462346e-05f), q = fmaf(q, s, -7.37332916720468e-03f);
    p = fmaf(p, s, -7.34990630326855e-04f), q = fmaf(q, s, -1.42647390514189e-02f);
    p = fmaf(p, s, -2.95459980854025e-03f);
    p = fmaf(p, s, -1.60960333262415e-02f);
    return fmaf(0.5f, quotient(x * p, q), 0.5f);
}
/// σ(2 √(2/π) (x + 0.044715 x³)), which is (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
DEVICE float tanh_cdf(float x) {
    const float u = 1.5957691216057308f * (x + 0.044715f * x * x * x);
    return quotient(1.0f, 1.0f + exp2_fast(-1.44269504088896341f * u));
}

/// (x Φ(x))' = Φ + x φ
DEVICE float erf_slope(float x, float cdf) {
    return fmaf(x, 0.39894228040143268f * exp2_fast(-0.72134752044448170f * x * x), cdf);
}
DEVICE float tanh_slope(float x, float s) {
    // Beyond 10 the slope of s is 0, and the cube might overflow.
    const float c = fminf(fmaxf(x, -10.0f), 10.0f);
    return s + c * s * (1.0f - s) * 1.5957691216057308f * (1.0f + 0.134145f * c * c);
}

/// y = f(x): two vectors a thread on their way at once, and what is left element by element.
template <class F> DEVICE void map(real *y, const real *x, long n, F f) {
    const long first = blockIdx.x * (512l * VECTOR) + threadIdx.x * VECTOR, second = first + 256 * VECTOR;
    float a[VECTOR], b[VECTOR];
    const bool one = first + VECTOR <= n, two = second + VECTOR <= n;
    if (two) get_vector(x, second, b);
    if (one) {
        get_vector(x, first, a);
        for (int k = 0; k < VECTOR; k++) a[k] = f(a[k]);
        put_vector(y, first, a);
    }
    if (two) {
        for (int k = 0; k < VECTOR; k++) b[k] = f(b[k]);
        put_vector(y, second, b);
    }
    const long tail = n - n % VECTOR + threadIdx.x;
    if (blockIdx.x == gridDim.x - 1 && tail < n) put(y, tail, f(get(x, tail)));
}

/// y = h Φ(h), of form 0 by erf and of form 1 by tanh. y may be h.
// grid (⌈n / (512 VECTOR)⌉), block 256.
KERNEL gelu(real *y, const real *h, long n, int form) {
    if (form == 0)
        map(y, h, n, [](float x) { return x * erf_cdf(x); });
    else
        map(y, h, n, [](float x) { return x * tanh_cdf(x); });
}

/// y = tanh x. y may be x.
// grid (⌈n / (512 VECTOR)⌉), block 256.
KERNEL tanh_forward(real *y, const real *x, long n) {
    map(y, x, n, [](float x) { return tanhf(x); });
}

/// d = d (1 - y²), in place.
// grid (⌈n / (256 VECTOR)⌉), block 256.
KERNEL tanh_gradient(real *d, const real *y, long n) {
    const long first = (blockIdx.x * 256l + threadIdx.x) * VECTOR;
    for (long i = first; i < n && i < first + VECTOR; i++) {
        const float value = get(y, i);
        put(d, i, get(d, i) * (1.0f - value * value));
    }
}

/// Every thread's VECTOR sums, from column 32 VECTOR blockIdx.y + VECTOR lane on, over the eight warps in their order, to a row of
/// partials.
DEVICE void put_sums(float *partials, const float *sums, int columns) {
    __shared__ float of_warps[8][32 * VECTOR];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    for (int k = 0; k < VECTOR; k += 4)
        *(float4 *)&of_warps[warp][lane * VECTOR + k] = make_float4(sums[k], sums[k + 1], sums[k + 2], sums[k + 3]);
    __syncthreads();
    const int column = blockIdx.y * 32 * VECTOR + threadIdx.x;
    if (threadIdx.x >= 32 * VECTOR || column >= columns) return;
    float sum = 0;
    for (int w = 0; w < 8; w++) sum += of_warps[w][threadIdx.x];
    partials[(long)blockIdx.x * columns + column] = sum;
}

/// Of `rows` rows of a warp, N at a time.
template <int N> DEVICE void gelu_rows(real *d, real *h, float *partials, int rows, int columns, int form, int keeps) {
    const int column = blockIdx.y * 32 * VECTOR + threadIdx.x % 32 * VECTOR;
    const long row = (blockIdx.x * 8l + threadIdx.x / 32) * rows;
    float sums[VECTOR] = {};
    if (column < columns) {
#pragma unroll 1
        for (int r = 0; r < rows; r += N) {
            uint4 ds[N], hs[N];
#pragma unroll
            for (int k = 0; k < N; k++) {
                ds[k] = *(const uint4 *)(d + (row + r + k) * columns + column);
                hs[k] = *(const uint4 *)(h + (row + r + k) * columns + column);
            }
#pragma unroll
            for (int k = 0; k < N; k++) {
                float slopes[VECTOR], values[VECTOR];
                get_vector((const real *)&ds[k], 0, slopes);
                get_vector((const real *)&hs[k], 0, values);
                for (int j = 0; j < VECTOR; j++) {
                    const float x = values[j], cdf = form == 0 ? erf_cdf(x) : tanh_cdf(x);
                    slopes[j] *= form == 0 ? erf_slope(x, cdf) : tanh_slope(x, cdf);
                    values[j] = x * cdf;
                    sums[j] += slopes[j];
                }
                put_vector(d, (row + r + k) * columns + column, slopes);
                if (keeps) put_vector(h, (row + r + k) * columns + column, values);
            }
        }
    }
    if (partials) put_sums(partials, sums, columns);
}

/// d = d gelu'(h), in place; h becomes gelu(h) if `keeps`. partials [padded / (8 rows), columns], unless null: Σ of the new d over
/// every 8 rows rows, `rows` (2 or 8) a warp, the warps in order.
// grid (padded / (8 rows), ⌈columns / (32 VECTOR)⌉), block 256.
KERNEL gelu_gradient(real *d, real *h, float *partials, int padded, int columns, int form, int keeps, int rows) {
    if (rows == 2)
        gelu_rows<2>(d, h, partials, 2, columns, form, keeps);
    else
        gelu_rows<4>(d, h, partials, 8, columns, form, keeps);
}

template <int ROWS> DEVICE void sum_rows(float *partials, const real *dy, int columns) {
    const int column = blockIdx.y * 32 * VECTOR + threadIdx.x % 32 * VECTOR;
    const long row = (blockIdx.x * 8l + threadIdx.x / 32) * ROWS;
    float sums[VECTOR] = {};
    if (columns % VECTOR != 0) {
        for (int k = 0; k < VECTOR && column + k < columns; k++)
            for (int r = 0; r < ROWS; r++) sums[k] += get(dy, (row + r) * columns + column + k);
    } else if (column < columns) {
        uint4 words[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) words[r] = *(const uint4 *)(dy + (row + r) * columns + column);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            float values[VECTOR];
            get_vector((const real *)&words[r], 0, values);
            for (int k = 0; k < VECTOR; k++) sums[k] += values[k];
        }
    }
    put_sums(partials, sums, columns);
}

/// partials [padded / (8 rows), columns]: Σ dy over every 8 rows rows, `rows` (2 or 8) a warp, the warps in order.
// grid (padded / (8 rows), ⌈columns / (32 VECTOR)⌉), block 256.
KERNEL column_sums(float *partials, const real *dy, int padded, int columns, int rows) {
    if (rows == 2)
        sum_rows<2>(partials, dy, columns);
    else
        sum_rows<8>(partials, dy, columns);
}

/// Partial sums that are to be added up.
struct ColumnSum {
    float *sums;
    const float *partials;
    int pieces, stride, columns, unused;
};

/// Of every block {number of the sum, first column}: sums[j] += Σ_p partials[p stride + j], each of 32 warps the pieces a distance
/// of 32 apart, and the warps' sums in order.
// grid (blocks), block 1024.
KERNEL columns_finish(const ColumnSum *all, const int2 *blocks) {
    __shared__ float of_warps[32][32];
    const int2 block = blocks[blockIdx.x];
    const ColumnSum s = all[block.x];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, column = block.y + lane;
    float sum = 0;
    if (column < s.columns) {
#pragma unroll 8
        for (int p = warp; p < s.pieces; p += 32) sum += s.partials[(long)p * s.stride + column];
    }
    of_warps[warp][lane] = sum;
    __syncthreads();
    if (warp > 0 || column >= s.columns) return;
    for (int w = 1; w < 32; w++) sum += of_warps[w][lane];
    s.sums[column] += sum;
}

/// y = drop(x); y may be x. Rows from l.rows on are copied.
// grid (padded / 8), block 256: a warp a row.
KERNEL dropout(real *y, const real *x, Layout l, Dropout d, int padded, int columns) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= padded) return;
    const bool drops = d.threshold != 0 && row < l.rows;
    const u64 key = drops ? row_key(l, d, row) : 0;
    const u32 counter = drops ? row_counter(l, row, columns) : 0;
    const long at = (long)row * columns;
    if (columns % VECTOR == 0) {
#pragma unroll 4
        for (int column = lane * VECTOR; column < columns; column += 32 * VECTOR) {
            float values[VECTOR];
            get_vector(x, at + column, values);
            if (drops)
                for (int k = 0; k < VECTOR; k++) values[k] = dropped(d, key, counter + (u32)(column + k), values[k]);
            put_vector(y, at + column, values);
        }
    } else {
        for (int column = lane; column < columns; column += 32) {
            const float value = get(x, at + column);
            put(y, at + column, drops ? dropped(d, key, counter + (u32)column, value) : value);
        }
    }
}
