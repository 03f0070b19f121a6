// Codes of hash: gaussian, signs of projections on the normals of hyperplanes (Charikar 2002).

/// Hyperplanes of a hash, at most.
#define MOST_BITS 16

/// A number of the CPU's ck_normals, but for the last digits of the logarithm and the cosine.
DEVICE float normal(u64 key, u32 index) {
    const float u = ((float)(random_word(key, 2 * index) >> 8) + 0.5f) * 0x1p-24f;
    const float v = (float)(random_word(key, 2 * index + 1) >> 8) * 0x1p-24f;
    return sqrtf(-2.0f * logf(u)) * cosf(6.28318530718f * v);
}

/// As yoso_hash, by hyperplanes: bit b of hash h is x · w > 0 with w the head's normal h t + b. Every tile draws the normals again, a
/// hash at a time, which is as much work as the products of a row with them, and keeps none.
// grid (tiles, heads), block 128: a thread a row, first the 64 queries of a tile, then its keys
KERNEL __launch_bounds__(128)
yoso_hash_by_planes(u16 *codes, u16 *row_codes, float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads,
                    int padded) {
    __shared__ __align__(16) float normals[MOST_BITS * HEAD];
    const Hashed row = hashed(tiles[blockIdx.x], l, o, heads);
    const int bits = hash_bits(o, row.place.length);
    float x[HEAD];
#pragma unroll
    for (int k = 0; k < HEAD; k += VECTOR) get_vector(qkv + row.at, k, x + k);
    write_inverse(inverses, qkv, row, padded);
    CodeWriter out = code_writer(codes, row_codes, row, l, o);
    for (int hash = 0; hash < o.hashes; hash++) {
        __syncthreads();
        for (int at = threadIdx.x; at < bits * HEAD; at += 128) normals[at] = normal(row.key, (u32)(hash * bits * HEAD + at));
        __syncthreads();
        u32 code = 0;
        for (int b = 0; b < bits; b++) {
            float sum = 0;
#pragma unroll
            for (int k = 0; k < HEAD; k += 4) {
                const float4 w = *(const float4 *)(normals + b * HEAD + k);
                sum = fmaf(x[k], w.x, sum), sum = fmaf(x[k + 1], w.y, sum);
                sum = fmaf(x[k + 2], w.z, sum), sum = fmaf(x[k + 3], w.w, sum);
            }
            code |= (sum > 0 ? 1u : 0u) << b;
        }
        if (row.lives) write_code(out, code, hash);
    }
}
