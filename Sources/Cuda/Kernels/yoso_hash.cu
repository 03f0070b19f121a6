// Codes of queries and keys, and tokens in the order of their codes.

/// Factors are drawn for so many parts at once.
#define PARTS_AT_ONCE 8
#define FACTORS (PARTS_AT_ONCE * 3 * HEAD)

/// log2 HEAD, which the factors of a part's second and third diagonal share.
#define LEVELS (HEAD == 128 ? 7 : HEAD == 64 ? 6 : HEAD == 32 ? 5 : 4)

/// x to the nearest integer, of two the even one; |x| < 2^22.
DEVICE float nearest_integer(float x) { return (x + 12582912.0f) - 12582912.0f; }

/// The power of two that makes a row one of integers, as the CPU's ck_hadamard_codes says; 0 of a row that is not finite.
DEVICE float integer_scale(const real *x) {
    int most = 0;
    for (int k = 0; k < HEAD; k += VECTOR) {
        float values[VECTOR];
        get_vector(x, k, values);
#pragma unroll
        for (int e = 0; e < VECTOR; e++) most = max(most, (int)(__float_as_uint(values[e]) & 0x7fffffffu));
    }
    const int exponent = most >> 23;
    if (exponent == 255) return 0;
    const u32 scale_bits = (u32)(exponent < 11 ? 250 : 261 - exponent) << 23;
    float square = 0;
    for (int k = 0; k < HEAD; k += VECTOR) {
        float values[VECTOR];
        get_vector(x, k, values);
#pragma unroll
        for (int e = 0; e < VECTOR; e++) {
            const float rounded = nearest_integer(values[e] * __uint_as_float(scale_bits));
            square += rounded * rounded;
        }
    }
    u32 shift = 4;
#pragma unroll
    for (int k = 0; k < 5; k++) shift -= square > (float)(7 << 20 >> 2 * k) ? 1 : 0;
    return __uint_as_float(scale_bits + (shift << 23));
}

/// y = H D x in place, H being the unnormalised Walsh-Hadamard transform: of integers below 2^15, so sums are exact in any order.
/// Products by D are rounded half up, but in the first transform of three, where they are whole.
DEVICE void scaled_walsh_hadamard(float *y, const float *factors, const bool is_first) {
#pragma unroll
    for (int k = 0; k < HEAD; k += 4) {
        const float4 f = *(const float4 *)(factors + k);
        if (is_first)
            y[k] *= f.x, y[k + 1] *= f.y, y[k + 2] *= f.z, y[k + 3] *= f.w;
        else
            y[k] = floorf(fmaf(y[k], f.x, 0.5f)), y[k + 1] = floorf(fmaf(y[k + 1], f.y, 0.5f)),
            y[k + 2] = floorf(fmaf(y[k + 2], f.z, 0.5f)), y[k + 3] = floorf(fmaf(y[k + 3], f.w, 0.5f));
    }
#pragma unroll
    for (int step = 1; step < HEAD; step *= 2)
#pragma unroll
        for (int k = 0; k < HEAD; k++)
            if (!(k & step)) {
                float a = y[k], b = y[k + step];
                y[k] = a + b, y[k + step] = a - b;
            }
}

/// codes[role][h][i] of queries and keys: y = H D₃ H D₂ H D₁ x gives HEAD / t hashes, bit b of the k-th of them being y[k t + b] > 0.
/// D are the CPU's ck_rotation_factors of the head's stream, and so are the bits. Lengths of rows do not matter, so x is a row of qkv
/// as it is.
// grid (tiles, heads), block 128: a thread a row
KERNEL __launch_bounds__(128)
yoso_hash(u16 *codes, u16 *row_codes, float *inverses, const real *qkv, const int4 *tiles, Layout l, Yoso o, int heads,
          int padded) {
    __shared__ __align__(16) float factors[FACTORS];
    const Hashed row = hashed(tiles[blockIdx.x], l, o, heads);
    const int thread = threadIdx.x, m = o.hashes;
    const int bits = hash_bits(o, row.place.length), each = HEAD / bits, parts = (m + each - 1) / each;
    const real *x = qkv + row.at;
    write_inverse(inverses, qkv, row, padded);
    CodeWriter out = code_writer(codes, row_codes, row, l, o);
    const float scale = integer_scale(x);
    int hash = 0;
    for (int part = 0; part < parts; part++) {
        if (part % PARTS_AT_ONCE == 0) {
            __syncthreads();
            const int left = (parts - part) * 3 * HEAD, count = left < FACTORS ? left : FACTORS;
            for (int at = thread; at < count; at += 128) {
                const int turn = at / HEAD % 3;
                const float size = 1.0f / (1 << (turn == 0 ? 0 : turn == 1 ? (LEVELS + 1) / 2 : LEVELS / 2));
                factors[at] = random_word(row.key, (u32)(part * 3 * HEAD + at)) >> 31 ? -size : size;
            }
            __syncthreads();
        }
        float y[HEAD];
#pragma unroll
        for (int k = 0; k < HEAD; k += VECTOR) get_vector(x, k, y + k);
#pragma unroll
        for (int k = 0; k < HEAD; k++) y[k] = scale == 0 ? 0 : nearest_integer(y[k] * scale);
#pragma unroll
        for (int turn = 0; turn < 3; turn++)
            scaled_walsh_hadamard(y, factors + (part % PARTS_AT_ONCE * 3 + turn) * HEAD, turn == 0);
        u64 low = 0, high = 0;
#pragma unroll
        for (int k = 0; k < HEAD; k++)
            if (y[k] > 0) *(k < 64 ? &low : &high) |= 1ull << k % 64;
        for (int k = 0; k < each && hash < m; k++, hash++) {
            const u32 code = (u32)low & ((1u << bits) - 1);
            low = low >> bits | high << (64 - bits), high >>= bits;
            if (row.lives) write_code(out, code, hash);
        }
    }
}

/// The inverses of yoso_hash alone.
// grid (⌈rows / 8⌉, heads), block 256: a warp a row
KERNEL __launch_bounds__(256) yoso_norms(float *inverses, const real *qkv, int rows, int heads, int padded) {
    const int row = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32, head = blockIdx.y;
    if (row >= rows) return;
    for (int role = 0; role < 2; role++) {
        float x[VECTOR], squares = 0;
        get_vector(qkv, (((long)row * 3 + role) * heads + head) * HEAD + lane % GROUP * VECTOR, x);
#pragma unroll
        for (int k = 0; k < VECTOR; k++) squares += x[k] * x[k];
        squares = group_sum(squares);
        if (lane == 0) inverses[((long)role * heads + head) * padded + row] = 1 / fmaxf(sqrtf(squares), EPSILON);
    }
}

/// Buckets of this many are counted at once; more codes take several turns.
#define BUCKETS 16384

/// counts[first bucket ...] become their sums from `base` on, exclusive, a segment a warp; totals holds a word a warp.
DEVICE void sum_up(u32 *counts, u32 *totals, int buckets, u32 base) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    int segment = buckets / warps;
    if (segment < 32) segment = 32;
    const int first = warp * segment;
    u32 sum = 0;
    for (int k = first + lane; k < first + segment && k < buckets; k += 32) sum += counts[k];
    for (int step = 16; step; step >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, step);
    if (lane == 0) totals[warp] = sum;
    __syncthreads();
    for (int w = 0; w < warp; w++) base += totals[w];
    for (int k0 = first; k0 < first + segment; k0 += 32) {
        const int k = k0 + lane;
        const u32 count = k < buckets ? counts[k] : 0;
        u32 x = count;
        for (int step = 1; step < 32; step *= 2) {
            u32 before = __shfl_up_sync(0xffffffffu, x, step);
            if (lane >= step) x += before;
        }
        if (k < buckets) counts[k] = base + x - count;
        base += __shfl_sync(0xffffffffu, x, 31);
    }
    __syncthreads();
}

/// Tokens that a lane of a warp ranks among those of a bucket.
#define RANKED 8

/// The tokens of a bucket by number, which atomic additions left in any order: a small bucket by a lane, others by a warp, which
/// counts how many are less than each, and finds those of very full ones anew in the order of tokens. Ends of buckets are in
/// `ends`.
DEVICE void restore_order(u16 *order, const u32 *ends, const u16 *codes, int n, int buckets, u32 first_code, u32 base) {
    const int lane = threadIdx.x % 32;
    for (int k0 = threadIdx.x / 32 * 32; k0 < buckets; k0 += blockDim.x) {
        const int k = k0 + lane;
        u32 begin = 0, end = 0;
        if (k < buckets) begin = k ? ends[k - 1] : base, end = ends[k];
        const bool large = end - begin > 24;
        if (!large)
            for (u32 at = begin + 1; at < end; at++) {
                const u16 token = order[at];
                u32 to = at;
                for (; to > begin && order[to - 1] > token; to--) order[to] = order[to - 1];
                order[to] = token;
            }
        for (u32 left = __ballot_sync(0xffffffffu, large); left; left &= left - 1) {
            const int from = __ffs(left) - 1;
            const u32 code = first_code + k0 + from;
            u32 to = __shfl_sync(0xffffffffu, begin, from);
            const u32 count = __shfl_sync(0xffffffffu, end, from) - to;
            if (count <= 32 * RANKED) {
                u32 own[RANKED], rank[RANKED];
#pragma unroll
                for (int r = 0; r < RANKED; r++) own[r] = r * 32 + lane < count ? order[to + r * 32 + lane] : 0, rank[r] = 0;
                for (u32 at = 0; at < count; at++) {
                    const u32 other = order[to + at];
#pragma unroll
                    for (int r = 0; r < RANKED; r++) rank[r] += other < own[r];
                }
                __syncwarp();
#pragma unroll
                for (int r = 0; r < RANKED; r++)
                    if (r * 32 + lane < count) order[to + rank[r]] = (u16)own[r];
                __syncwarp();
                continue;
            }
            for (int i0 = 0; i0 < n; i0 += 128) {
                u32 some[4];
#pragma unroll
                for (int r = 0; r < 4; r++) some[r] = i0 + r * 32 + lane < n ? codes[i0 + r * 32 + lane] : 0xffffffffu;
#pragma unroll
                for (int r = 0; r < 4; r++) {
                    const u32 found = __ballot_sync(0xffffffffu, some[r] == code);
                    if (some[r] == code) order[to + __popc(found & ((1u << lane) - 1))] = (u16)(i0 + r * 32 + lane);
                    to += __popc(found);
                }
            }
        }
    }
}

DEVICE void sort_codes(u16 *order, u16 *out, u32 *ranges, const u16 *sorted, const u16 *looking, u32 *counts, u32 *totals, int n,
                       int bits) {
    const int thread = threadIdx.x, threads = blockDim.x;
    const u32 codes = 1u << bits, buckets = codes < BUCKETS ? codes : BUCKETS;
    u32 base = 0;
    for (u32 first = 0; first < codes; first += buckets) {
        for (u32 k = thread; k < buckets; k += threads) counts[k] = 0;
        __syncthreads();
        for (int i = thread; i < n; i += threads) {
            const u32 k = sorted[i] - first;
            if (k < buckets) atomicAdd(&counts[k], 1u);
        }
        __syncthreads();
        sum_up(counts, totals, buckets, base);
        for (int i = thread; i < n; i += threads) {
            const u32 k = sorted[i] - first;
            if (k < buckets) order[atomicAdd(&counts[k], 1u)] = (u16)i;
        }
        __syncthreads();
        // Every count is the end of its bucket now.
        for (int i = thread; i < n; i += threads) {
            const u32 k = looking[i] - first;
            if (k >= buckets) continue;
            const u32 begin = k ? counts[k - 1] : base, end = counts[k];
            ranges[i] = end > begin ? begin | (end - 1) << 16 : 1;
        }
        restore_order(order, counts, sorted, n, buckets, first, base);
        base = counts[buckets - 1];
        __syncthreads();
    }
    if (order != out)
        for (int i = thread; i < n; i += threads) out[i] = order[i];
}

/// order[h]: the tokens of one side by their codes and, within a code, by number. ranges[h][i]: where the tokens of that side lie
/// that collide with token i of the other side, first | last << 16 (1 for none). side 1: keys sorted, for queries; 0: the reverse.
// grid (hashes, heads, sequences), block 128 (lengths up to 256), 256 (1,024), 512 (16,384) or 1,024,
// dynamic shared 4 min(2^bits, 16384) and, if in_shared, 2 · length more; the tokens are sorted there, or else in global memory
KERNEL __launch_bounds__(1024, 1)
yoso_sort(u16 *order, u32 *ranges, const u16 *codes, int side, Layout l, Yoso o, int heads, int in_shared) {
    DYNAMIC_SHARED(u32, counts);
    __shared__ u32 totals[32];
    const int first = l.offsets[blockIdx.z], n = l.offsets[blockIdx.z + 1] - first;
    if (n <= o.tiled) return;
    const Place p = {first, n, (int)blockIdx.y, heads};
    if (is_settled(o, l, p)) return;
    const int2 selected = selected_bits(o, l, p);
    const int bits = max(1, selected.x + selected.y);
    const long at = p.hash(blockIdx.x, o.hashes), keys = (long)l.rows * heads * o.hashes;
    const u16 *sorted = codes + (side ? keys : 0) + at, *looking = codes + (side ? 0 : keys) + at;
    u16 *shared = (u16 *)(counts + (bits < 14 ? 1 << bits : BUCKETS));
    sort_codes(in_shared ? shared : order + at, order + at, ranges + at, sorted, looking, counts, totals, n, bits);
}
