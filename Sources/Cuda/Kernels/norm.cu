// Layer normalisation with the residual and the dropout before it: a warp a row, the row in registers.

DEVICE void get_floats(const float *x, int i, float *values) {
    for (int k = 0; k < VECTOR; k += 4) {
        const float4 w = *(const float4 *)(x + i + k);
        values[k] = w.x, values[k + 1] = w.y, values[k + 2] = w.z, values[k + 3] = w.w;
    }
}

/// The dropout of one row.
struct RowDropout {
    Dropout dropout;
    u64 key;
    u32 counter;
    bool drops;
};
DEVICE RowDropout row_dropout(Layout l, Dropout d, int row, int columns) {
    RowDropout r = {d, 0, 0, d.threshold != 0 && row < l.rows};
    if (r.drops) r.key = row_key(l, d, row), r.counter = row_counter(l, row, columns);
    return r;
}
/// VECTOR values from `column` on, in place.
DEVICE void drop(RowDropout r, int column, float *values) {
    if (!r.drops) return;
    for (int k = 0; k < VECTOR; k++) values[k] = dropped(r.dropout, r.key, r.counter + (u32)(column + k), values[k]);
}

/// Of a row of at most N 32 VECTOR columns, a lane has vectors 32 apart; those beyond the row are read from its end, so that all
/// reads are on their way at once, and count nowhere.
template <int N> DEVICE void read_row(const real *x, int columns, uint4 *words) {
#pragma unroll
    for (int k = 0; k < N; k++) {
        const int column = (k * 32 + threadIdx.x % 32) * VECTOR;
        words[k] = *(const uint4 *)(x + (column < columns ? column : columns - VECTOR));
    }
}
/// Calls a row of at most 4 KB to the L2 cache, before it is its turn.
DEVICE void call_row(const real *x, int columns) {
#ifndef YOSO_EMULATED
    const char *line = (const char *)x + threadIdx.x % 32 * 128;
    if (line < (const char *)(x + columns)) asm volatile("prefetch.global.L2 [%0];" ::"l"(line));
#endif
}
DEVICE void unpack(const uint4 *word, float *values) { get_vector((const real *)word, 0, values); }

template <int N>
DEVICE void normalize(real *u, real *y, float *inverse, const real *x, const real *branch, const float *scale,
                      const float *shift, float epsilon, RowDropout dropout, int columns) {
    const int lane = threadIdx.x % 32;
    float s[N][VECTOR];
    uint4 words[N], others[N];
    read_row<N>(x, columns, words);
    if (branch) read_row<N>(branch, columns, others);
    float sum = 0, squares = 0;
#pragma unroll
    for (int k = 0; k < N; k++) {
        const int column = (k * 32 + lane) * VECTOR;
        unpack(&words[k], s[k]);
        if (branch) {
            float b[VECTOR];
            unpack(&others[k], b);
            drop(dropout, column, b);
            for (int j = 0; j < VECTOR; j++) s[k][j] += b[j];
        }
        if (column < columns)
            for (int j = 0; j < VECTOR; j++) sum += s[k][j];
    }
    const float mean = warp_sum(sum) / (float)columns;
#pragma unroll
    for (int k = 0; k < N; k++)
        if ((k * 32 + lane) * VECTOR < columns)
            for (int j = 0; j < VECTOR; j++) squares += (s[k][j] - mean) * (s[k][j] - mean);
    const float factor = rsqrtf(warp_sum(squares) / (float)columns + epsilon);
    if (lane == 0) *inverse = factor;
#pragma unroll
    for (int k = 0; k < N; k++) {
        const int column = (k * 32 + lane) * VECTOR;
        if (column >= columns) continue;
        float a[VECTOR], b[VECTOR];
        get_floats(scale, column, a);
        get_floats(shift, column, b);
        for (int j = 0; j < VECTOR; j++) {
            s[k][j] = (s[k][j] - mean) * factor;
            b[j] = s[k][j] * a[j] + b[j];
        }
        if (u) put_vector(u, column, s[k]);
        put_vector(y, column, b);
    }
}

/// s = x + drop(branch), VECTOR values from `column` on.
DEVICE void residual(const real *x, const real *branch, RowDropout dropout, int column, float *s) {
    get_vector(x, column, s);
    if (!branch) return;
    float b[VECTOR];
    get_vector(branch, column, b);
    drop(dropout, column, b);
    for (int j = 0; j < VECTOR; j++) s[j] += b[j];
}

/// The same for rows of any width, which are read three times.
DEVICE void normalize_wide(real *u, real *y, float *inverse, const real *x, const real *branch, const float *scale,
                           const float *shift, float epsilon, RowDropout dropout, int columns) {
    const int first = threadIdx.x % 32 * VECTOR, step = 32 * VECTOR;
    float s[VECTOR], sum = 0, squares = 0;
    for (int column = first; column < columns; column += step) {
        residual(x, branch, dropout, column, s);
        for (int j = 0; j < VECTOR; j++) sum += s[j];
    }
    const float mean = warp_sum(sum) / (float)columns;
    for (int column = first; column < columns; column += step) {
        residual(x, branch, dropout, column, s);
        for (int j = 0; j < VECTOR; j++) squares += (s[j] - mean) * (s[j] - mean);
    }
    const float factor = rsqrtf(warp_sum(squares) / (float)columns + epsilon);
    if (first == 0) *inverse = factor;
    for (int column = first; column < columns; column += step) {
        float a[VECTOR], b[VECTOR];
        residual(x, branch, dropout, column, s);
        get_floats(scale, column, a);
        get_floats(shift, column, b);
        for (int j = 0; j < VECTOR; j++) s[j] = (s[j] - mean) * factor, b[j] = s[j] * a[j] + b[j];
        if (u) put_vector(u, column, s);
        put_vector(y, column, b);
    }
}

/// s = x + drop(branch), or x without a branch; u = (s - mean s) / √(var s + ε); y = u scale + shift; inverse = 1 / √(var s + ε).
/// u may be null. Rows from l.rows on are not dropped.
// grid (padded / 8), block 256: a warp a row.
KERNEL __launch_bounds__(256, VECTOR == 8 ? 3 : 2)
    residual_norm(real *u, real *y, float *inverse, const real *x, const real *branch, const float *scale,
                  const float *shift, float epsilon, Layout l, Dropout d, int padded, int columns) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= padded) return;
    const long at = (long)row * columns;
    const RowDropout dropout = row_dropout(l, d, branch ? row : l.rows, columns);
    if (u) u += at;
    if (branch) branch += at;
    x += at, y += at, inverse += row;
    switch ((columns + 255) / 256) {
        case 1: return normalize<8 / VECTOR>(u, y, inverse, x, branch, scale, shift, epsilon, dropout, columns);
        case 2: return normalize<16 / VECTOR>(u, y, inverse, x, branch, scale, shift, epsilon, dropout, columns);
        case 3: return normalize<24 / VECTOR>(u, y, inverse, x, branch, scale, shift, epsilon, dropout, columns);
        case 4: return normalize<32 / VECTOR>(u, y, inverse, x, branch, scale, shift, epsilon, dropout, columns);
        default: return normalize_wide(u, y, inverse, x, branch, scale, shift, epsilon, dropout, columns);
    }
}

/// What the gradient of one row needs.
struct NormGradient {
    real *dx, *dbranch;
    const real *dy, *u;
    const float *inverse, *scale;
    Layout layout;
    Dropout dropout;
    int columns;
};

/// VECTOR values of ds, to dx and dbranch, whose they are then.
DEVICE void put_gradient(const NormGradient &n, long at, RowDropout dropout, int column, float *ds) {
    put_vector(n.dx, at + column, ds);
    if (!n.dbranch) return;
    drop(dropout, column, ds);
    put_vector(n.dbranch, at + column, ds);
}

/// `rows` rows of a warp, and its SUMS sums of them added to those of the warps before it.
template <int N, int SUMS> DEVICE void gradient_rows(const NormGradient &n, float (*totals)[1024], int rows) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, columns = n.columns;
    float sums[SUMS][N][VECTOR] = {};
#pragma unroll 1
    for (int r = 0; r < rows; r++) {
        const int row = (blockIdx.x * 8 + warp) * rows + r;
        const long at = (long)row * columns;
        uint4 dys[N], us[N];
        read_row<N>(n.dy + at, columns, dys);
        read_row<N>(n.u + at, columns, us);
        if (r < rows - 1) call_row(n.dy + at + columns, columns), call_row(n.u + at + columns, columns);
        const float inverse = n.inverse[row];
        const RowDropout dropout = row_dropout(n.layout, n.dropout, n.dbranch ? row : n.layout.rows, columns);
        float sum = 0, projection = 0;
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int column = (k * 32 + lane) * VECTOR;
            if (column >= columns) continue;
            float dy[VECTOR], u[VECTOR], scale[VECTOR];
            unpack(&dys[k], dy), unpack(&us[k], u);
            get_floats(n.scale, column, scale);
            for (int j = 0; j < VECTOR; j++) {
                const float g = dy[j] * scale[j];
                sum += g, projection += g * u[j];
                sums[0][k][j] += dy[j] * u[j], sums[1][k][j] += dy[j];
            }
        }
        sum = warp_sum(sum) / (float)columns;
        projection = warp_sum(projection) / (float)columns;
#pragma unroll
        for (int k = 0; k < N; k++) {
            const int column = (k * 32 + lane) * VECTOR;
            if (column >= columns) continue;
            float dy[VECTOR], u[VECTOR], scale[VECTOR];
            unpack(&dys[k], dy), unpack(&us[k], u);
            get_floats(n.scale, column, scale);
            for (int j = 0; j < VECTOR; j++) dy[j] = inverse * (dy[j] * scale[j] - sum - u[j] * projection);
            put_gradient(n, at, dropout, column, dy);
            if (SUMS == 3)
                for (int j = 0; j < VECTOR; j++) sums[SUMS - 1][k][j] += dy[j];
        }
    }
    for (int w = 0; w < 8; w++) {
        if (w == warp)
#pragma unroll
            for (int s = 0; s < SUMS; s++)
#pragma unroll
                for (int k = 0; k < N; k++)
                    for (int j = 0; j < VECTOR; j += 4) {
                        const float *x = &sums[s][k][j];
                        float4 *total = (float4 *)&totals[s][(k * 32 + lane) * VECTOR + j];
                        const float4 p = w ? *total : make_float4(0, 0, 0, 0);
                        *total = make_float4(p.x + x[0], p.y + x[1], p.z + x[2], p.w + x[3]);
                    }
        __syncthreads();
    }
}

/// The same for rows of any width: first the sums, because dx may be dy.
DEVICE void gradient_wide(const NormGradient &n, float *partials, int rows) {
    const int columns = n.columns;
    for (int column = threadIdx.x; column < columns; column += 256) {
        float a = 0, b = 0;
        for (int r = 0; r < 8 * rows; r++) {
            const long at = ((long)blockIdx.x * 8 * rows + r) * columns + column;
            a += get(n.dy, at) * get(n.u, at), b += get(n.dy, at);
        }
        partials[column] = a, partials[columns + column] = b;
    }
    __syncthreads();
    for (int r = 0; r < rows; r++) {
        const int row = (blockIdx.x * 8 + threadIdx.x / 32) * rows + r;
        const long at = (long)row * columns;
        const RowDropout dropout = row_dropout(n.layout, n.dropout, n.dbranch ? row : n.layout.rows, columns);
        const int first = threadIdx.x % 32 * VECTOR;
        float dy[VECTOR], u[VECTOR], scale[VECTOR], sum = 0, projection = 0;
        for (int column = first; column < columns; column += 32 * VECTOR) {
            get_vector(n.dy, at + column, dy), get_vector(n.u, at + column, u), get_floats(n.scale, column, scale);
            for (int j = 0; j < VECTOR; j++) sum += dy[j] * scale[j], projection += dy[j] * scale[j] * u[j];
        }
        sum = warp_sum(sum) / (float)columns;
        projection = warp_sum(projection) / (float)columns;
        for (int column = first; column < columns; column += 32 * VECTOR) {
            get_vector(n.dy, at + column, dy), get_vector(n.u, at + column, u), get_floats(n.scale, column, scale);
            for (int j = 0; j < VECTOR; j++)
                dy[j] = n.inverse[row] * (dy[j] * scale[j] - sum - u[j] * projection);
            put_gradient(n, at, dropout, column, dy);
        }
    }
}

/// With g = dy scale: ds = inverse (g - mean g - u mean(g u)); dx = ds, and dbranch = drop(ds) unless it is null; dx may be dy.
/// partials [padded / (8 rows), sums, columns]: Σ dy u, Σ dy and, where sums is 3, which it may be up to 768 columns, Σ dbranch,
/// of every 8 rows rows, `rows` a warp, the warps in order.
// grid (padded / (8 rows)), block 256.
KERNEL __launch_bounds__(256, VECTOR / 4)
    residual_norm_gradient(real *dx, real *dbranch, const real *dy, const real *u, const float *inverse,
                           const float *scale, float *partials, Layout l, Dropout d, int padded, int columns, int rows,
                           int sums) {
    __shared__ float totals[3][1024];
    const NormGradient n = {dx, dbranch, dy, u, inverse, scale, l, d, columns};
    partials += (long)blockIdx.x * sums * columns;
    switch (columns > 1024 ? 0 : (columns + 255) / 256 + (sums == 3 ? 4 : 0)) {
        case 1: gradient_rows<8 / VECTOR, 2>(n, totals, rows); break;
        case 2: gradient_rows<16 / VECTOR, 2>(n, totals, rows); break;
        case 3: gradient_rows<24 / VECTOR, 2>(n, totals, rows); break;
        case 4: gradient_rows<32 / VECTOR, 2>(n, totals, rows); break;
        case 5: gradient_rows<8 / VECTOR, 3>(n, totals, rows); break;
        case 6: gradient_rows<16 / VECTOR, 3>(n, totals, rows); break;
        case 7: gradient_rows<24 / VECTOR, 3>(n, totals, rows); break;
        default: return gradient_wide(n, partials, rows);
    }
    for (int column = threadIdx.x; column < columns; column += 256)
        for (int s = 0; s < sums; s++) partials[s * columns + column] = totals[s][column];
}
