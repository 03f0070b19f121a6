// Products of matrices of every sequence and head, of which attentions that are linear in length are made; plain float32, whose
// sums are in one order.

/// Where the matrices of all sequences and heads lie: rows of a packed batch, or blocks one behind the other.
struct Operand {
    const void *data;
    int stride;     // elements from row to row
    int column;     // of a head's first element, times heads; of blocks, elements of a block
    int first;      // of head 0
    int is_block;
    int is_real;    // activations, or float32
    int transposed;
};
/// How many rows or columns: the tokens of the sequence for -1, or at most as many as tokens.
struct Extent {
    int m, n, k;
};

DEVICE int extent(int size, int length) { return size < 0 ? length : size < length ? size : length; }

/// One matrix.
struct Matrix {
    const Operand &o;
    long base;
    __device__ __forceinline__ Matrix(const Operand &o, int sequence, int first, int head, int heads)
        : o(o), base(o.is_block ? ((long)sequence * heads + head) * o.column
                                : (long)first * o.stride + o.first + (long)head * o.column) {}
    __device__ __forceinline__ long at(int i, int j) const {
        return base + (o.transposed ? (long)j * o.stride + i : (long)i * o.stride + j);
    }
    __device__ __forceinline__ float get(int i, int j) const {
        return o.is_real ? ::get((const real *)o.data, at(i, j)) : ((const float *)o.data)[at(i, j)];
    }
};

#define SIDE 64
#define DEPTH 16

/// C = α A B + β C + δ I. A width that is not -1 counts as it is where `fixed` has its bit (1 m, 2 n, 4 k), and else as at most the
/// length: of landmarks.
// grid (tiles of 64 x 64 of the longest, heads, sequences), block 256: a thread 4 x 4 of C
KERNEL segment_product(Operand a, Operand b, Operand c, Extent e, int fixed, float alpha, float beta, float delta, Layout l, int heads,
                       int across) {
    __shared__ float left[DEPTH][SIDE + 4], right[DEPTH][SIDE + 4];
    const int first = l.offsets[blockIdx.z], length = l.offsets[blockIdx.z + 1] - first;
    const int m = fixed & 1 ? e.m : extent(e.m, length), n = fixed & 2 ? e.n : extent(e.n, length);
    const int k = fixed & 4 ? e.k : extent(e.k, length);
    const int i0 = blockIdx.x / across * SIDE, j0 = blockIdx.x % across * SIDE;
    if (i0 >= m || j0 >= n) return;
    const Matrix x(a, blockIdx.z, first, blockIdx.y, heads), y(b, blockIdx.z, first, blockIdx.y, heads);
    const Matrix z(c, blockIdx.z, first, blockIdx.y, heads);
    const int ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    float sums[4][4] = {};
    for (int k0 = 0; k0 < k; k0 += DEPTH) {
        __syncthreads();
        for (int at = threadIdx.x; at < DEPTH * SIDE; at += 256) {
            // Neighbouring threads read neighbouring elements.
            const int down = a.transposed ? at / SIDE : at % DEPTH, i = a.transposed ? at % SIDE : at / DEPTH;
            left[down][i] = k0 + down < k && i0 + i < m ? x.get(i0 + i, k0 + down) : 0.0f;
            const int along = b.transposed ? at % DEPTH : at / SIDE, j = b.transposed ? at / DEPTH : at % SIDE;
            right[along][j] = k0 + along < k && j0 + j < n ? y.get(k0 + along, j0 + j) : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int step = 0; step < DEPTH; step++) {
            const float4 p = *(const float4 *)&left[step][4 * ty], q = *(const float4 *)&right[step][4 * tx];
            const float ps[4] = {p.x, p.y, p.z, p.w}, qs[4] = {q.x, q.y, q.z, q.w};
#pragma unroll
            for (int i = 0; i < 4; i++)
#pragma unroll
                for (int j = 0; j < 4; j++) sums[i][j] += ps[i] * qs[j];
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const int row = i0 + 4 * ty + i, column = j0 + 4 * tx + j;
            if (row >= m || column >= n) continue;
            float value = alpha * sums[i][j];
            if (beta != 0) value += beta * z.get(row, column);
            if (row == column) value += delta;
            if (c.is_real) put((real *)c.data, z.at(row, column), value);
            else ((float *)c.data)[z.at(row, column)] = value;
        }
}

// Linear attention (LinearAttention.swift) ---------------------------------------------------------------------------

/// φ(q) | φ(k), [padded, 2 width], φ(x) = elu(x) + 1, and the values with a column of ones behind each head's, [padded, heads
/// (d + 1)], of rows < rows.
// grid (rows), block 256
KERNEL linear_features(float *features, float *values, const real *qkv, int heads, int head_width) {
    const long row = blockIdx.x;
    const int width = heads * head_width;
    for (int j = threadIdx.x; j < 2 * width; j += 256) {
        const float x = get(qkv, row * 3 * width + j);
        features[row * 2 * width + j] = x > 0 ? x + 1.0f : expf(x);
    }
    for (int j = threadIdx.x; j < heads * (head_width + 1); j += 256) {
        const int head = j / (head_width + 1), column = j % (head_width + 1);
        values[row * heads * (head_width + 1) + j] =
            column < head_width ? get(qkv, (row * 3 + 2) * width + head * head_width + column) : 1.0f;
    }
}

/// y = the columns of a head's sums but the last, over the last; the rows from `rows` to `padded` become 0.
// grid (padded), block 256
KERNEL linear_quotients(real *y, const float *sums, int rows, int heads, int head_width) {
    const long row = blockIdx.x;
    for (int j = threadIdx.x; j < heads * head_width; j += 256) {
        const int head = j / head_width;
        const float *own = sums + (row * heads + head) * (head_width + 1);
        put(y, row * heads * head_width + j, row < rows ? own[j % head_width] / own[head_width] : 0.0f);
    }
}

/// dsums = [dy, -dy · y] / denominator, the last of a head's sums, in place of these.
// grid (rows), block 32 · 8: a warp a head, in turn
KERNEL linear_quotients_gradient(float *sums, const real *dy, const real *y, int heads, int head_width) {
    const long row = blockIdx.x;
    const int lane = threadIdx.x % 32;
    for (int head = threadIdx.x / 32; head < heads; head += 8) {
        float *own = sums + (row * heads + head) * (head_width + 1), product = 0;
        const long at = (row * heads + head) * head_width;
        const float inverse = 1.0f / own[head_width];
        __syncwarp();
        for (int j = lane; j < head_width; j += 32) {
            const float d = get(dy, at + j);
            product += d * get(y, at + j);
            own[j] = d * inverse;
        }
        product = warp_sum(product);
        if (lane == 0) own[head_width] = -product * inverse;
    }
}

/// dq | dk | dv of the gradients of features and values; the rows from `rows` to `padded` become 0.
// grid (padded), block 256
KERNEL linear_gradient(real *dqkv, const float *dfeatures, const float *dvalues, const float *features, int rows, int heads,
                       int head_width) {
    const long row = blockIdx.x;
    const int width = heads * head_width;
    for (int j = threadIdx.x; j < 3 * width; j += 256) {
        float d = 0;
        if (row < rows && j < 2 * width) {
            // Below zero the function is its own derivative.
            const float feature = features[row * 2 * width + j];
            d = dfeatures[row * 2 * width + j] * (feature < 1.0f ? feature : 1.0f);
        } else if (row < rows) {
            const int column = j - 2 * width, head = column / head_width;
            d = dvalues[(row * heads + head) * (head_width + 1) + column % head_width];
        }
        put(dqkv, row * 3 * width + j, d);
    }
}
