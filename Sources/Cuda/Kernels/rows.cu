// Whole blocks, and means of the rows of sequences.

/// x = 0, for n times 16 bytes.
// grid (⌈n / 256⌉), block 256.
KERNEL clear(uint4 *x, long n) {
    const long i = blockIdx.x * 256l + threadIdx.x;
    if (i < n) x[i] = make_uint4(0, 0, 0, 0);
}

/// y += x
// grid (⌈n / (256 VECTOR)⌉), block 256.
KERNEL add(real *y, const real *x, long n) {
    const long i = (blockIdx.x * 256l + threadIdx.x) * VECTOR;
    if (i + VECTOR <= n) {
        float a[VECTOR], b[VECTOR];
        get_vector(y, i, a), get_vector(x, i, b);
        for (int k = 0; k < VECTOR; k++) a[k] += b[k];
        put_vector(y, i, a);
    } else {
        for (long j = i; j < n; j++) put(y, j, get(y, j) + get(x, j));
    }
}

/// y_s = Σ_i x_i / n_s over the n_s rows of sequence s, each of eight warps those a distance of 8 apart, and the warps' sums in
/// order; zero in the rows from `sequences` to `padded`.
// grid (padded, ⌈columns / (32 VECTOR)⌉), block 256.
KERNEL mean_rows(real *y, const real *x, const int *offsets, int sequences, int padded, int columns) {
    __shared__ float of_warps[8][32 * VECTOR];
    const int s = blockIdx.x, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int column = blockIdx.y * 32 * VECTOR + lane * VECTOR;
    const int first = s < sequences ? offsets[s] : 0, last = s < sequences ? offsets[s + 1] : 0;
    float sums[VECTOR] = {};
    if (column < columns) {
#pragma unroll 4
        for (int row = first + warp; row < last; row += 8) {
            float values[VECTOR];
            get_vector(x, (long)row * columns + column, values);
            for (int k = 0; k < VECTOR; k++) sums[k] += values[k];
        }
    }
    for (int k = 0; k < VECTOR; k++) of_warps[warp][lane * VECTOR + k] = sums[k];
    __syncthreads();
    if (warp > 0 || column >= columns) return;
    const float factor = last > first ? 1.0f / (float)(last - first) : 0.0f;
    for (int k = 0; k < VECTOR; k++) {
        for (int w = 1; w < 8; w++) sums[k] += of_warps[w][lane * VECTOR + k];
        sums[k] *= factor;
    }
    put_vector(y, (long)s * columns + column, sums);
}

/// dx_i = dy_s / n_s for every row i of sequence s, or += if it accumulates.
// grid (⌈rows / 8⌉), block 256: a warp a row.
KERNEL mean_rows_gradient(real *dx, const real *dy, const int *offsets, const int *sequence, int rows, int columns,
                          int accumulate) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= rows) return;
    const int s = sequence[row];
    const float factor = 1.0f / (float)(offsets[s + 1] - offsets[s]);
#pragma unroll 2
    for (int column = threadIdx.x % 32 * VECTOR; column < columns; column += 32 * VECTOR) {
        float values[VECTOR], before[VECTOR] = {};
        get_vector(dy, (long)s * columns + column, values);
        if (accumulate) get_vector(dx, (long)row * columns + column, before);
        for (int k = 0; k < VECTOR; k++) values[k] = before[k] + factor * values[k];
        put_vector(dx, (long)row * columns + column, values);
    }
}

/// y_i = [a, b, a b, a - b] of the rows a = x_2i, b = x_2i+1 of `columns`; zero in the rows from `pairs` to `padded`.
// grid (padded / 8), block 256: a warp a pair.
KERNEL pair_features(real *y, const real *x, int pairs, int padded, int columns) {
    const int pair = blockIdx.x * 8 + threadIdx.x / 32;
    if (pair >= padded) return;
    for (int column = threadIdx.x % 32 * VECTOR; column < columns; column += 32 * VECTOR) {
        float a[VECTOR] = {}, b[VECTOR] = {}, product[VECTOR], difference[VECTOR];
        if (pair < pairs) {
            get_vector(x, 2l * pair * columns + column, a);
            get_vector(x, (2l * pair + 1) * columns + column, b);
        }
        for (int k = 0; k < VECTOR; k++) product[k] = a[k] * b[k], difference[k] = a[k] - b[k];
        const long at = 4l * pair * columns + column;
        put_vector(y, at, a), put_vector(y, at + columns, b);
        put_vector(y, at + 2l * columns, product), put_vector(y, at + 3l * columns, difference);
    }
}

/// da = dy₁ + b dy₃ + dy₄, db = dy₂ + a dy₃ - dy₄, or += if it accumulates.
// grid (⌈pairs / 8⌉), block 256: a warp a pair.
KERNEL pair_features_gradient(real *dx, const real *dy, const real *x, int pairs, int columns, int accumulate) {
    const int pair = blockIdx.x * 8 + threadIdx.x / 32;
    if (pair >= pairs) return;
    for (int column = threadIdx.x % 32 * VECTOR; column < columns; column += 32 * VECTOR) {
        const long of_a = 2l * pair * columns + column, of_b = of_a + columns, at = 4l * pair * columns + column;
        float a[VECTOR], b[VECTOR], product[VECTOR], difference[VECTOR], da[VECTOR], db[VECTOR];
        float before_a[VECTOR] = {}, before_b[VECTOR] = {};
        get_vector(x, of_a, a), get_vector(x, of_b, b);
        get_vector(dy, at, da), get_vector(dy, at + columns, db);
        get_vector(dy, at + 2l * columns, product), get_vector(dy, at + 3l * columns, difference);
        if (accumulate) get_vector(dx, of_a, before_a), get_vector(dx, of_b, before_b);
        for (int k = 0; k < VECTOR; k++) {
            da[k] = before_a[k] + (da[k] + b[k] * product[k] + difference[k]);
            db[k] = before_b[k] + (db[k] + a[k] * product[k] - difference[k]);
        }
        put_vector(dx, of_a, da), put_vector(dx, of_b, db);
    }
}
