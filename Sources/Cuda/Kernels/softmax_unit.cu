// What softmax with queryKeyNorm has around its kernels (Henry et al. 2020): queries and keys of length 1, the factor of their
// cosines, and the gradients of both. -DHEAD=16|32|64|128.
#define UNIT_EPSILON 1e-12f
// Lanes that share a row of a head, 16 bytes each.
#define SHARERS (HEAD / VECTOR)

DEVICE float sum_of_sharers(float x) {
#pragma unroll
    for (int step = 1; step < SHARERS; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

/// factors[h] = first exp(θ[h])
// grid (⌈heads / 256⌉), block 256
KERNEL softmax_factors(float *factors, const float *theta, float first, int heads) {
    const int head = blockIdx.x * 256 + threadIdx.x;
    if (head < heads) factors[head] = first * expf(theta[head]);
}

/// u = q / |q| | k / |k| | v and, of queries and keys, 1 / |x|, [padded, 2 heads]; 0 in the place of that where |x| < ε.
// grid (⌈padded · 3 · heads · SHARERS / 256⌉), block 256: SHARERS lanes a part of a row
KERNEL softmax_units(real *u, float *inverses, const real *qkv, int heads, int padded) {
    const long piece = (long)blockIdx.x * 256 + threadIdx.x, line = piece / SHARERS, row = line / (3 * heads);
    const int part = (int)(line % (3 * heads));
    const bool lives = row < padded;
    float x[VECTOR] = {0}, squares = 0;
    if (lives) get_vector(qkv, piece * VECTOR, x);
#pragma unroll
    for (int k = 0; k < VECTOR; k++) squares += x[k] * x[k];
    const float norm = sqrtf(sum_of_sharers(squares));
    if (!lives) return;
    if (part < 2 * heads) {
#pragma unroll
        for (int k = 0; k < VECTOR; k++) x[k] *= 1 / fmaxf(norm, UNIT_EPSILON);
        if (piece % SHARERS == 0) inverses[row * 2 * heads + part] = norm < UNIT_EPSILON ? 0.0f : 1 / norm;
    }
    put_vector(u, piece * VECTOR, x);
}

/// dx = (d - (d · u) u) / |x| of queries and keys in place; partials[rows / 64, heads]: Σ d · u over the queries of 64 rows, since
/// scores are proportional to both e^θ and q.
// grid (padded / 64, heads), block 256
KERNEL softmax_units_gradient(real *d, float *partials, const real *u, const float *inverses, int heads) {
    __shared__ float sums[256 / SHARERS];
    const int head = blockIdx.y, sharer = threadIdx.x % SHARERS;
    float mine = 0;
    for (int line = threadIdx.x / SHARERS; line < 128; line += 256 / SHARERS) {
        const long row = (long)blockIdx.x * 64 + line % 64, part = line / 64 * heads + head;
        const long at = (row * 3 * heads + part) * HEAD + sharer * VECTOR;
        float x[VECTOR], unit[VECTOR], product = 0;
        get_vector(d, at, x);
        get_vector(u, at, unit);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) product += x[k] * unit[k];
        product = sum_of_sharers(product);
        if (line < 64) mine += product;
        const float inverse = inverses[row * 2 * heads + part];
#pragma unroll
        for (int k = 0; k < VECTOR; k++) x[k] = (x[k] - product * unit[k]) * inverse;
        put_vector(d, at, x);
    }
    if (sharer == 0) sums[threadIdx.x / SHARERS] = mine;
    __syncthreads();
    if (threadIdx.x > 0) return;
    float sum = 0;
    for (int k = 0; k < 256 / SHARERS; k++) sum += sums[k];
    partials[(long)blockIdx.x * heads + head] = sum;
}
