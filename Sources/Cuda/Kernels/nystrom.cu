// What Nyström attention has beside the products of segment.cu (NystromAttention.swift, PseudoInverse.swift). A sequence of n tokens
// has c = min(n, p) landmarks, the means of the segments of rows ⌊s n / c⌋ ..< ⌊(s + 1) n / c⌋; blocks of landmarks are [p, ...].

/// means[s] of one part of q | k | v.
// grid (p, heads, sequences), block 128: a thread a column
KERNEL segment_means(float *means, const real *qkv, int part, Layout l, int heads, int head_width, int p) {
    const int first = l.offsets[blockIdx.z], n = l.offsets[blockIdx.z + 1] - first, s = blockIdx.x;
    const int count = extent(p, n), from = (int)((long)s * n / count), to = (int)((long)(s + 1) * n / count);
    if (s >= count || threadIdx.x >= head_width) return;
    const long width = (long)heads * head_width;
    float sum = 0;
    for (int i = from; i < to; i++)
        sum += get(qkv, ((long)(first + i) * 3 + part) * width + blockIdx.y * head_width + threadIdx.x);
    means[(((long)blockIdx.z * heads + blockIdx.y) * p + s) * head_width + threadIdx.x] = sum / (float)(to - from);
}

/// Row `row` of the rows of all tokens, or of all blocks, p apart, and how many of its p columns there are; none of a landmark that is
/// not there.
DEVICE int count_of(Layout l, long line, int heads, int p, int is_block) {
    const int sequence = is_block ? (int)(line / ((long)heads * p)) : l.sequence[line / heads];
    const int count = extent(p, l.offsets[sequence + 1] - l.offsets[sequence]);
    return is_block && line % p >= count ? 0 : count;
}

/// Lines become softmax(scale · line).
// grid (⌈lines / 8⌉), block 256: a warp a line
KERNEL line_softmax(float *x, float scale, Layout l, int lines, int heads, int p, int is_block) {
    const long line = (long)blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32, count = line < lines ? count_of(l, line, heads, p, is_block) : 0;
    float *own = x + line * p, top = -1e30f, sum = 0;
    for (int j = lane; j < count; j += 32) top = fmaxf(top, own[j] * scale);
    top = warp_max(top);
    for (int j = lane; j < count; j += 32) sum += own[j] = expf(own[j] * scale - top);
    sum = warp_sum(sum);
    for (int j = lane; j < count; j += 32) own[j] *= 1 / sum;
}

/// d = scale w ∘ (d - Σ d ∘ w), line by line.
// as line_softmax
KERNEL line_softmax_gradient(float *d, const float *w, float scale, Layout l, int lines, int heads, int p, int is_block) {
    const long line = (long)blockIdx.x * 8 + threadIdx.x / 32;
    const int lane = threadIdx.x % 32, count = line < lines ? count_of(l, line, heads, p, is_block) : 0;
    float *own = d + line * p, sum = 0;
    const float *weights = w + line * p;
    for (int j = lane; j < count; j += 32) sum += own[j] * weights[j];
    sum = warp_sum(sum);
    for (int j = lane; j < count; j += 32) own[j] = scale * weights[j] * (own[j] - sum);
}

/// Over eight groups of threads, each 32 columns wide, in order.
template <class F> DEVICE float across_groups(float (*shared)[32], float x, F add) {
    const int lane = threadIdx.x % 32, group = threadIdx.x / 32;
    __syncthreads();
    shared[group][lane] = x;
    __syncthreads();
    x = shared[0][lane];
    for (int g = 1; g < 8; g++) x = add(x, shared[g][lane]);
    return x;
}

/// Columns of a sequence's rows [tokens, heads · p] become softmax(scale · column) over its tokens.
// grid (⌈p / 32⌉, heads, sequences), block 256: 32 columns, and every eighth token a group
KERNEL column_softmax(float *x, float scale, Layout l, int heads, int p) {
    __shared__ float shared[8][32];
    const int first = l.offsets[blockIdx.z], n = l.offsets[blockIdx.z + 1] - first;
    const int column = blockIdx.x * 32 + threadIdx.x % 32, group = threadIdx.x / 32;
    const bool lives = column < extent(p, n);
    float *own = x + ((long)first * heads + blockIdx.y) * p + column, top = -1e30f, sum = 0;
    const long apart = (long)heads * p;
    for (int i = group; lives && i < n; i += 8) top = fmaxf(top, own[i * apart] * scale);
    top = across_groups(shared, top, [](float a, float b) { return fmaxf(a, b); });
    for (int i = group; lives && i < n; i += 8) sum += own[i * apart] = expf(own[i * apart] * scale - top);
    sum = across_groups(shared, sum, [](float a, float b) { return a + b; });
    for (int i = group; lives && i < n; i += 8) own[i * apart] *= 1 / sum;
}

/// d = scale w ∘ (d - Σ d ∘ w), column by column.
// as column_softmax
KERNEL column_softmax_gradient(float *d, const float *w, float scale, Layout l, int heads, int p) {
    __shared__ float shared[8][32];
    const int first = l.offsets[blockIdx.z], n = l.offsets[blockIdx.z + 1] - first;
    const int column = blockIdx.x * 32 + threadIdx.x % 32, group = threadIdx.x / 32;
    const bool lives = column < extent(p, n);
    const long at = ((long)first * heads + blockIdx.y) * p + column, apart = (long)heads * p;
    float sum = 0;
    for (int i = group; lives && i < n; i += 8) sum += d[at + i * apart] * w[at + i * apart];
    sum = across_groups(shared, sum, [](float a, float b) { return a + b; });
    for (int i = group; lives && i < n; i += 8) d[at + i * apart] = scale * w[at + i * apart] * (d[at + i * apart] - sum);
}

/// Z₀ = Aᵀ / c, c the largest sum of a column; starts[block] = {that column, the bits of c}.
// grid (heads, sequences), block 256
KERNEL inverse_start(float *z, int2 *starts, const float *a, Layout l, int heads, int p) {
    __shared__ float sums[256];
    __shared__ int columns[256];
    const int n = l.offsets[blockIdx.y + 1] - l.offsets[blockIdx.y], count = extent(p, n), thread = threadIdx.x;
    const long block = (long)blockIdx.y * heads + blockIdx.x;
    a += block * p * p, z += block * p * p;
    float best = -1;
    int column = 0;
    for (int j = thread; j < count; j += 256) {
        float sum = 0;
        for (int i = 0; i < count; i++) sum += a[(long)i * p + j];
        if (sum > best) best = sum, column = j;
    }
    sums[thread] = best, columns[thread] = column;
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (thread < half && (sums[thread + half] > sums[thread]
                              || (sums[thread + half] == sums[thread] && columns[thread + half] < columns[thread])))
            sums[thread] = sums[thread + half], columns[thread] = columns[thread + half];
    }
    __syncthreads();
    for (int at = thread; at < count * count; at += 256)
        z[(long)(at / count) * p + at % count] = a[(long)(at % count) * p + at / count] * (1 / sums[0]);
    if (thread == 0) starts[block] = make_int2(columns[0], (int)__float_as_uint(sums[0]));
}

/// dA += dZ₀ᵀ / c, and what c brings to its column.
// grid (heads, sequences), block 256
KERNEL inverse_start_gradient(float *da, const float *dz, const float *a, const int2 *starts, Layout l, int heads, int p) {
    __shared__ float sums[256];
    const int n = l.offsets[blockIdx.y + 1] - l.offsets[blockIdx.y], count = extent(p, n), thread = threadIdx.x;
    const long block = (long)blockIdx.y * heads + blockIdx.x;
    da += block * p * p, dz += block * p * p, a += block * p * p;
    const int2 start = starts[block];
    const float norm = __uint_as_float((u32)start.y);
    float sum = 0;
    for (int at = thread; at < count * count; at += 256) {
        const long here = (long)(at / count) * p + at % count;
        const float d = dz[(long)(at % count) * p + at / count] * (1 / norm);
        sum += d * a[here];
        da[here] += d;
    }
    sums[thread] = sum;
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (thread < half) sums[thread] += sums[thread + half];
    }
    __syncthreads();
    for (int i = thread; i < count; i += 256) da[(long)i * p + start.x] -= sums[0] / norm;
}

/// dq | dk | dv of those of rows, and of queries' and keys' means; the rows from `rows` to `padded` become 0.
// grid (padded), block 256
KERNEL nystrom_gradient(real *dqkv, const float *d, const float *dqueries, const float *dkeys, Layout l, int heads, int head_width,
                        int p) {
    const long row = blockIdx.x, width = (long)heads * head_width;
    const int sequence = row < l.rows ? l.sequence[row] : 0, first = l.offsets[sequence];
    const int n = l.offsets[sequence + 1] - first, count = extent(p, n);
    const int s = (int)(((row - first + 1) * count - 1) / n);
    const int size = (int)((long)(s + 1) * n / count) - (int)((long)s * n / count);
    for (int j = threadIdx.x; j < 3 * width; j += 256) {
        float value = 0;
        if (row < l.rows) {
            value = d[row * 3 * width + j];
            const float *means = j < width ? dqueries : j < 2 * width ? dkeys : 0;
            const int column = j % (int)width, head = column / head_width;
            if (means)
                value += means[(((long)sequence * heads + head) * p + s) * head_width + column % head_width] / (float)size;
        }
        put(dqkv, row * 3 * width + j, value);
    }
}
