// Dense layers to so few columns that no library has a way for them: the last ones of classifiers.

/// y = x Wᵀ + b for W [out, in].
// grid (padded / 8), block 256: a warp a row.
KERNEL small_linear(real *y, const real *x, const float *weight, const float *bias, int padded, int in, int out) {
    int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= padded) return;
    for (int j = 0; j < out; j++) {
        float sum = 0;
        for (int k = lane; k < in; k += 32) sum += get(x, (long)row * in + k) * weight[(long)j * in + k];
        sum = warp_sum(sum);
        if (lane == 0) put(y, (long)row * out + j, sum + bias[j]);
    }
}

/// dx = dy W, or dx += dy W.
// grid (padded, ⌈in / 256⌉), block 256.
KERNEL small_input_gradient(real *dx, const real *dy, const float *weight, int padded, int in, int out, int accumulate) {
    int k = blockIdx.y * 256 + threadIdx.x;
    if (k >= in) return;
    long at = (long)blockIdx.x * in + k;
    float sum = accumulate ? get(dx, at) : 0;
    for (int j = 0; j < out; j++) sum += get(dy, (long)blockIdx.x * out + j) * weight[(long)j * in + k];
    put(dx, at, sum);
}

/// dW += dyᵀ x over rows in their order, of every eighth row a sum, and these in order.
// grid (⌈in / 32⌉, out), block 256.
KERNEL small_weight_gradient(float *gradient, const real *dy, const real *x, int rows, int in, int out) {
    __shared__ float sums[8][32];
    int k = blockIdx.x * 32 + threadIdx.x % 32, group = threadIdx.x / 32, j = blockIdx.y;
    float sum = 0;
    if (k < in)
        for (int row = group; row < rows; row += 8) sum += get(dy, (long)row * out + j) * get(x, (long)row * in + k);
    sums[group][threadIdx.x % 32] = sum;
    __syncthreads();
    if (group || k >= in) return;
    float whole = 0;
    for (int g = 0; g < 8; g++) whole += sums[g][threadIdx.x];
    gradient[(long)j * in + k] += whole;
}
