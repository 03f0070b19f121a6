// Rows that are looked up by number: embeddings and their gradients, gathered and scattered rows.

DEVICE void get_floats(const float *x, long i, float *values) {
    for (int k = 0; k < VECTOR; k += 4) {
        const float4 w = *(const float4 *)(x + i + k);
        values[k] = w.x, values[k + 1] = w.y, values[k + 2] = w.z, values[k + 3] = w.w;
    }
}
DEVICE void put_floats(float *x, long i, const float *values) {
    for (int k = 0; k < VECTOR; k += 4)
        *(float4 *)(x + i + k) = make_float4(values[k], values[k + 1], values[k + 2], values[k + 3]);
}

/// y_i = words[id_i] + positions[position_i] + segments[segment_i]; zero in the rows from `rows` to `padded`.
// grid (padded / 8), block 256: a warp a row.
KERNEL embed(real *y, const float *words, const float *positions, const float *segments, const int *ids,
             const int *position_ids, const int *segment_ids, int rows, int padded, int columns) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32;
    if (row >= padded) return;
    const bool reads = row < rows;
    const long word = reads ? (long)ids[row] * columns : 0;
    const long position = reads ? (long)position_ids[row] * columns : 0;
    const long segment = reads ? (long)segment_ids[row] * columns : 0;
#pragma unroll 2
    for (int column = threadIdx.x % 32 * VECTOR; column < columns; column += 32 * VECTOR) {
        float sum[VECTOR] = {}, a[VECTOR], b[VECTOR];
        if (reads) {
            get_floats(words, word + column, sum);
            get_floats(positions, position + column, a);
            get_floats(segments, segment + column, b);
            for (int k = 0; k < VECTOR; k++) sum[k] = sum[k] + a[k] + b[k];
        }
        put_vector(y, (long)row * columns + column, sum);
    }
}

/// Of every piece {id, first, last, slot}: Σ dy[order[i]] over first ..< last, ascending, added to table[id], or written to
/// partials[slot] where slot is not negative, because other pieces have the same id. The tables of the pieces from first_position
/// and from first_segment on are the second and the third.
// grid (pieces), block 128.
KERNEL embed_gradient(float *words, float *positions, float *segments, float *partials, const real *dy,
                      const int *order, const int4 *pieces, int first_position, int first_segment, int columns) {
    const int4 piece = pieces[blockIdx.x];
    float *table = blockIdx.x < first_position ? words : blockIdx.x < first_segment ? positions : segments;
    for (int column = threadIdx.x * VECTOR; column < columns; column += 128 * VECTOR) {
        float sum[VECTOR] = {};
        int i = piece.y;
        // Eight rows on their way at once, added in their order.
        for (; i + 8 <= piece.z; i += 8) {
            uint4 ahead[8];
#pragma unroll
            for (int r = 0; r < 8; r++) ahead[r] = *(const uint4 *)(dy + (long)order[i + r] * columns + column);
#pragma unroll
            for (int r = 0; r < 8; r++) {
                float values[VECTOR];
                get_vector((const real *)&ahead[r], 0, values);
                for (int k = 0; k < VECTOR; k++) sum[k] += values[k];
            }
        }
        for (; i < piece.z; i++) {
            float values[VECTOR];
            get_vector(dy, (long)order[i] * columns + column, values);
            for (int k = 0; k < VECTOR; k++) sum[k] += values[k];
        }
        if (piece.w >= 0) {
            put_floats(partials, (long)piece.w * columns + column, sum);
        } else {
            float before[VECTOR];
            const long at = (long)piece.x * columns + column;
            get_floats(table, at, before);
            for (int k = 0; k < VECTOR; k++) sum[k] += before[k];
            put_floats(table, at, sum);
        }
    }
}

/// Of every group {id, first slot, count, number of the table}: table[id] += Σ partials of its slots, each of eight warps those a
/// distance of 8 apart, and the warps' sums in order.
// grid (groups, ⌈columns / 32⌉), block 256.
KERNEL embed_finish(float *words, float *positions, float *segments, const float *partials, const int4 *groups,
                    int columns) {
    __shared__ float sums[8][32];
    const int4 group = groups[blockIdx.x];
    float *table = group.w == 0 ? words : group.w == 1 ? positions : segments;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, column = blockIdx.y * 32 + lane;
    float sum = 0;
    if (column < columns) {
#pragma unroll 8
        for (int slot = warp; slot < group.z; slot += 8) sum += partials[(long)(group.y + slot) * columns + column];
    }
    sums[warp][lane] = sum;
    __syncthreads();
    if (warp > 0 || column >= columns) return;
    for (int w = 1; w < 8; w++) sum += sums[w][lane];
    table[(long)group.x * columns + column] += sum;
}

/// y_i = x[indices[i]]; zero in the rows from `rows` to `padded`.
// grid (padded / 8), block 256: a warp a row.
KERNEL gather_rows(real *y, const real *x, const int *indices, int rows, int padded, int columns) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= padded) return;
    const bool reads = row < rows;
    const long from = reads ? (long)indices[row] * columns : 0, to = (long)row * columns;
    if (columns % VECTOR == 0) {
        const uint4 zero = make_uint4(0, 0, 0, 0);
#pragma unroll 4
        for (int j = lane * VECTOR; j < columns; j += 32 * VECTOR)
            *(uint4 *)(y + to + j) = reads ? *(const uint4 *)(x + from + j) : zero;
    } else {
        for (int j = lane; j < columns; j += 32) put(y, to + j, reads ? get(x, from + j) : 0);
    }
}

/// dx[indices[i]] = dy_i, or += if it accumulates; other rows stay. Indices are strictly ascending, so that none is met twice.
// grid (⌈rows / 8⌉), block 256: a warp a row.
KERNEL scatter_rows(real *dx, const real *dy, const int *indices, int rows, int columns, int accumulate) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    const long from = (long)row * columns, to = (long)indices[row] * columns;
    if (columns % VECTOR == 0) {
#pragma unroll 2
        for (int j = lane * VECTOR; j < columns; j += 32 * VECTOR) {
            float values[VECTOR], before[VECTOR];
            get_vector(dy, from + j, values);
            if (accumulate) {
                get_vector(dx, to + j, before);
                for (int k = 0; k < VECTOR; k++) values[k] += before[k];
            }
            put_vector(dx, to + j, values);
        }
    } else {
        for (int j = lane; j < columns; j += 32)
            put(dx, to + j, get(dy, from + j) + (accumulate ? get(dx, to + j) : 0));
    }
}
