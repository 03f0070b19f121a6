// Losses: logits become their gradients in place, and every row's loss is kept until the sums are wanted.

/// Threads of a row of cross_entropy, and vectors of each that stay in registers: 30,720 bf16 or 15,360 fp32 logits.
#define THREADS 384
#define KEPT 10
#define NOTHING __uint_as_float(0xff800000u)

/// Over a block of THREADS, warps in order; every thread has the sum.
DEVICE float block_sum(float x) {
    __shared__ float of_warps[THREADS / 32];
    x = warp_sum(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = x;
    __syncthreads();
    float sum = 0;
    for (int w = 0; w < THREADS / 32; w++) sum += of_warps[w];
    return sum;
}
DEVICE float block_max(float x) {
    __shared__ float of_warps[THREADS / 32];
    x = warp_max(x);
    __syncthreads();
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = x;
    __syncthreads();
    float top = of_warps[0];
    for (int w = 1; w < THREADS / 32; w++) top = fmaxf(top, of_warps[w]);
    return top;
}

/// A row of logits, of which a thread has vectors THREADS apart.
struct Row {
    real *logits;
    int classes, stride;
};
/// The 16 bytes of a row from `column` on.
DEVICE uint4 read_words(Row row, int column) {
    uint4 words = make_uint4(0, 0, 0, 0);
    if (row.stride % VECTOR == 0) {
        if (column < row.stride) words = *(const uint4 *)(row.logits + column);
    } else {
        float values[VECTOR] = {};
        for (int j = 0; j < VECTOR; j++)
            if (column + j < row.stride) values[j] = get(row.logits, column + j);
        put_vector((real *)&words, 0, values);
    }
    return words;
}
DEVICE void write_words(Row row, int column, const float *values) {
    if (row.stride % VECTOR == 0) {
        if (column < row.stride) put_vector(row.logits, column, values);
    } else {
        for (int j = 0; j < VECTOR; j++)
            if (column + j < row.stride) put(row.logits, column + j, values[j]);
    }
}
/// f(column, values) of all vectors of a thread, where what is no class is minus infinity: from registers, and beyond from memory.
template <class F> DEVICE void each(Row row, const uint4 *kept, F f) {
    float values[VECTOR];
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
        const int column = (k * THREADS + threadIdx.x) * VECTOR;
        if (column >= row.stride) break;
        get_vector((const real *)&kept[k], 0, values);
        for (int j = 0; j < VECTOR; j++)
            if (column + j >= row.classes) values[j] = NOTHING;
        f(column, values);
    }
    for (int column = (KEPT * THREADS + threadIdx.x) * VECTOR; column < row.stride; column += THREADS * VECTOR) {
        const uint4 words = read_words(row, column);
        get_vector((const real *)&words, 0, values);
        for (int j = 0; j < VECTOR; j++)
            if (column + j >= row.classes) values[j] = NOTHING;
        f(column, values);
    }
}

/// Rows of logits [padded, stride], of which `classes` count, become weight (softmax - target), where the target is 1 - ε at the
/// label, and ε / classes besides everywhere; losses_i = log Σ_j exp x_j - x_label + ε (x_label - mean x); right_i says whether the
/// label is the first of the largest. Other columns and rows become 0.
// grid (padded), block 384.
KERNEL __launch_bounds__(THREADS, 2)
    cross_entropy(real *logits, const int *labels, float weight, float smoothing, float *losses, u8 *right, int rows,
                  int padded, int classes, int stride) {
    const Row row = {logits + (long)blockIdx.x * stride, classes, stride};
    uint4 kept[KEPT];
    if (blockIdx.x >= rows) {
        const float zeros[VECTOR] = {};
        for (int column = threadIdx.x * VECTOR; column < stride; column += THREADS * VECTOR)
            write_words(row, column, zeros);
        return;
    }
#pragma unroll
    for (int k = 0; k < KEPT; k++) kept[k] = read_words(row, (k * THREADS + threadIdx.x) * VECTOR);
    const int label = labels[blockIdx.x];
    const float chosen = get(row.logits, label);

    float top = NOTHING;
    each(row, kept, [&](int column, const float *x) {
        for (int j = 0; j < VECTOR; j++) top = fmaxf(top, x[j]);
    });
    top = block_max(top);
    float sum = 0;
    each(row, kept, [&](int column, const float *x) {
        for (int j = 0; j < VECTOR; j++) sum += exp2_fast((x[j] - top) * 1.44269504088896341f);
    });
    sum = block_sum(sum);
    // Whether one before the label is as large: to be known only where the label is among the largest.
    float before = 0, total = 0;
    if (chosen == top) {
        each(row, kept, [&](int column, const float *x) {
            for (int j = 0; j < VECTOR; j++)
                if (x[j] == top && column + j < label) before = 1;
        });
        before = block_max(before);
    }
    if (smoothing > 0) {
        each(row, kept, [&](int column, const float *x) {
            for (int j = 0; j < VECTOR; j++)
                if (column + j < classes) total += x[j];
        });
        total = block_sum(total);
    }
    if (threadIdx.x == 0) {
        // The difference first: large logits would round the logarithm away.
        losses[blockIdx.x] = (top - chosen) + logf(sum) + smoothing * (chosen - total / (float)classes);
        right[blockIdx.x] = chosen == top && before == 0;
    }

    const float share = weight / sum, moved = weight * (smoothing / (float)classes);
    __syncthreads();
    each(row, kept, [&](int column, const float *x) {
        float d[VECTOR];
        for (int j = 0; j < VECTOR; j++) {
            d[j] = exp2_fast((x[j] - top) * 1.44269504088896341f) * share - moved;
            if (column + j == label) d[j] -= weight - weight * smoothing;
            if (column + j >= classes) d[j] = 0;
        }
        write_words(row, column, d);
    });
}

/// samples_i = the first class up to which the softmax of row i adds up to more than uniforms_i, or the last class. A warp adds up a
/// part of the row, and the warp that has it looks there, 32 classes at a time.
// grid (rows), block 384.
KERNEL sample_rows(int *samples, const real *logits, const float *uniforms, int classes, int stride) {
    __shared__ float sums[THREADS / 32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = THREADS / 32;
    logits += (long)blockIdx.x * stride;
    float top = NOTHING, sum = 0;
    for (int j = threadIdx.x; j < classes; j += THREADS) top = fmaxf(top, get(logits, j));
    top = block_max(top);
    const int part = (classes + 32 * warps - 1) / (32 * warps) * 32, first = warp * part;
    const int last = first + part < classes ? first + part : classes;
    for (int j = first + lane; j < last; j += 32) sum += expf(get(logits, j) - top);
    sum = warp_sum(sum);
    if (lane == 0) sums[warp] = sum;
    __syncthreads();
    float whole = 0, before = 0;
    for (int w = 0; w < warps; w++) whole += sums[w];
    const float bound = uniforms[blockIdx.x] * whole;
    int found = 0;
    for (float upto = sums[0]; found < warps - 1 && !(upto > bound); upto += sums[++found]) before = upto;
    if (found != warp) return;
    int sample = classes - 1;
    for (int j0 = first; j0 < last; j0 += 32) {
        float upto = j0 + lane < last ? expf(get(logits, j0 + lane) - top) : 0;
        for (int step = 1; step < 32; step *= 2) {
            const float left = __shfl_up_sync(0xffffffffu, upto, step);
            if (lane >= step) upto += left;
        }
        const u32 beyond = __ballot_sync(0xffffffffu, before + upto > bound && j0 + lane < last);
        if (beyond) {
            sample = j0 + __ffs(beyond) - 1;
            break;
        }
        before += __shfl_sync(0xffffffffu, upto, 31);
        // Sums in another order may end a little lower.
        sample = last - 1;
    }
    if (lane == 0) samples[blockIdx.x] = sample;
}

/// Rows of logits become weight (σ(x) - target); losses_i = Σ_j max(x, 0) - x target + log(1 + exp(-|x|)). Other columns and rows
/// become 0. The weight is already divided by the number of classes.
// grid (⌈padded / 8⌉), block 256: a warp a row.
KERNEL binary_cross_entropy(real *logits, const float *targets, float weight, float *losses, int rows, int padded,
                            int classes, int stride) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= padded) return;
    float sum = 0;
    for (int j = lane; j < stride; j += 32) {
        float d = 0;
        if (row < rows && j < classes) {
            const float x = get(logits, (long)row * stride + j), target = targets[(long)row * classes + j];
            const float e = expf(-fabsf(x)), one = 1.0f + e;
            // log(1 + e), to the last bits of a small e too.
            const float logarithm = one == 1.0f ? e : logf(one) * (e / (one - 1.0f));
            sum += fmaxf(x, 0.0f) - x * target + logarithm;
            d = weight * ((x > 0 ? 1.0f : e) / one - target);
        }
        put(logits, (long)row * stride + j, d);
    }
    sum = warp_sum(sum);
    if (lane == 0 && row < rows) losses[row] = sum;
}

/// Column 0 becomes 2 weight (x - target), with losses_i = (x - target)²; other columns and rows become 0.
// grid (⌈padded / 256⌉), block 256: a thread a row.
KERNEL squared_error(real *x, const float *targets, float weight, float *losses, int rows, int padded, int stride) {
    const int row = blockIdx.x * 256 + threadIdx.x;
    if (row >= padded) return;
    float difference = 0;
    if (row < rows) {
        difference = get(x, (long)row * stride) - targets[row];
        losses[row] = difference * difference;
    }
    put(x, (long)row * stride, 2.0f * weight * difference);
    for (int j = 1; j < stride; j++) put(x, (long)row * stride + j, 0);
}

/// out[0] = Σ losses and out[1] = Σ right, or 0 where right is null: each of 1,024 threads the rows 1,024 apart, then a tree.
// grid (1), block 1024.
KERNEL loss_finish(double *out, const float *losses, const u8 *right, int rows) {
    __shared__ double sums[1024];
    __shared__ int counts[1024];
    const int thread = threadIdx.x;
    double sum = 0;
    int count = 0;
    for (int i = thread; i < rows; i += 1024) {
        sum += (double)losses[i];
        if (right) count += right[i];
    }
    sums[thread] = sum, counts[thread] = count;
    for (int half = 512; half; half /= 2) {
        __syncthreads();
        if (thread < half) sums[thread] += sums[thread + half], counts[thread] += counts[thread + half];
    }
    if (thread == 0) out[0] = sums[0], out[1] = (double)counts[0];
}
