// Which pairs of a sequence hashes select, by looking at all of them: for sequences so short that tiles of all pairs (yoso_expectation.cu)
// cost less than lists of a few (yoso_pairs.cu). A row of `matches` is a query's, `stride` words long: a bit a key, 1 where any hash
// selects the pair, or a byte a key, how many hashes do.

struct Matches {
    const u32 *words;
    int stride;
};

/// Hashes that are looked at together.
#define TOGETHER 32

/// The smaller of two halves each.
DEVICE u32 least_halves(u32 a, u32 b) {
#ifdef YOSO_EMULATED
    return min(a & 0xffffu, b & 0xffffu) | min(a >> 16, b >> 16) << 16;
#else
    return __vminu2(a, b);
#endif
}

/// Two codes of 16 bits a word, or, where codes have at most 8 bits, four.
template <bool BYTES> DEVICE u32 code_words(const u16 *codes, int word, int left, u32 beyond) {
    u32 both = 0;
#pragma unroll
    for (int k = 0; k < (BYTES ? 4 : 2); k++) {
        const int hash = word * (BYTES ? 4 : 2) + k;
        both |= (hash < left ? (u32)codes[hash] : beyond) << k * (BYTES ? 8 : 16);
    }
    return both;
}

template <bool COUNTED, bool BYTES>
DEVICE void match(u32 *out, int stride, const u16 *row_codes, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    const int WORDS = TOGETHER / (BYTES ? 4 : 2);
    const u32 LOW = BYTES ? 0x01010101u : 0x00010001u, HIGH = LOW << (BYTES ? 7 : 15);
    __shared__ __align__(16) u32 queries[64][WORDS];
    const int4 tile = tiles[blockIdx.x];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32, n = p.length, start = tile.x - tile.z, m = o.hashes;
    const int rows = n - start < 64 ? n - start : 64;
    const u16 *key_codes = row_codes + (long)l.rows * heads * code_stride(m);
    u32 *row = out + ((long)p.head * padded + p.first + start) * stride;
    for (int h = 0; h < m; h += TOGETHER) {
        __syncthreads();
        // What lies beyond the last hash differs between the two sides.
        for (int at = thread; at < rows * WORDS; at += 256)
            queries[at / WORDS][at % WORDS] =
                code_words<BYTES>(row_codes + codes_at(p, start + at / WORDS, m) + h, at % WORDS, m - h, BYTES ? 0xffu : 0xffffu);
        __syncthreads();
        for (int j0 = warp * 32; j0 < n; j0 += 256) {
            const bool lives = j0 + lane < n;
            u32 key[WORDS];
#pragma unroll
            for (int k = 0; k < WORDS; k++)
                key[k] = code_words<BYTES>(key_codes + codes_at(p, lives ? j0 + lane : 0, m) + h, k, m - h, 0);
            for (int i = 0; i < rows; i++) {
                u32 found = BYTES || COUNTED ? 0 : 0xffffffffu;
#pragma unroll
                for (int k = 0; k < WORDS; k += 4) {
                    const uint4 four = *(const uint4 *)&queries[i][k];
                    const u32 query[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
                    for (int e = 0; e < 4; e++) {
                        const u32 x = query[e] ^ key[k + e];
                        // How many parts are not zero, or whether any is.
                        if (BYTES && COUNTED) found += (((x & ~HIGH) + ~HIGH) | x) >> 7 & LOW;
                        if (BYTES && !COUNTED) found |= (x - LOW) & ~x;
                        if (!BYTES && COUNTED) found += least_halves(x, LOW);
                        if (!BYTES && !COUNTED) found = least_halves(found, x);
                    }
                }
                if (COUNTED) {
                    const u32 count = TOGETHER - (BYTES ? found * LOW >> 24 : (found & 0xffffu) + (found >> 16));
                    u8 *to = (u8 *)(row + (long)i * stride) + j0 + lane;
                    if (lives) *to = (u8)((h ? *to : 0) + count);
                } else {
                    const bool hit = BYTES ? found & HIGH : !(found & 0xffffu) || !(found >> 16);
                    const u32 any = __ballot_sync(0xffffffffu, lives && hit);
                    u32 *to = row + (long)i * stride + j0 / 32;
                    if (lane == 0) *to = (h ? *to : 0) | any;
                }
            }
        }
    }
}

// grid (tiles, heads), block 256: bits of codes that are within 8 bits, or not
KERNEL __launch_bounds__(256, 4)
yoso_match(u32 *out, int stride, const u16 *row_codes, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    if (tiles[blockIdx.x].w > o.tiled) return;
    if (hash_bits(o, tiles[blockIdx.x].w) <= 8) match<false, true>(out, stride, row_codes, tiles, l, o, heads, padded);
    else match<false, false>(out, stride, row_codes, tiles, l, o, heads, padded);
}

// as yoso_match: bytes, of at most 255 hashes
KERNEL __launch_bounds__(256, 3)
yoso_match_counts(u32 *out, int stride, const u16 *row_codes, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    if (tiles[blockIdx.x].w > o.tiled) return;
    if (hash_bits(o, tiles[blockIdx.x].w) <= 8) match<true, true>(out, stride, row_codes, tiles, l, o, heads, padded);
    else match<true, false>(out, stride, row_codes, tiles, l, o, heads, padded);
}

#ifdef REAL_BF16
// What tiles of all pairs (yoso_expectation.cu) weigh. Element k of a lane's eight is of row `row` + k / 2 % 2 · 8 of its own side and
// of the other's row `column` + k / 4 · 8 + k % 2; `first` is the place of query 0 among all of its head. What is said of rows
// that are not there is multiplied by zeros.

/// 1 where any hash selects a pair, else 0.
template <bool OF_KEYS> DEVICE void selected(float *found, Matches matches, long first, int row, int column, int n) {
    if (OF_KEYS) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            const int query = column + c / 2 * 8 + c % 2;
            const u32 word = matches.words[(first + (query < n ? query : 0)) * matches.stride + row / 32] >> row % 32;
#pragma unroll
            for (int half = 0; half < 2; half++) found[c / 2 * 4 + half * 2 + c % 2] = word >> half * 8 & 1 ? 1.0f : 0.0f;
        }
    } else {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int query = row + half * 8;
            const u32 word = matches.words[(first + (query < n ? query : 0)) * matches.stride + column / 32] >> column % 32;
#pragma unroll
            for (int c = 0; c < 4; c++) found[c / 2 * 4 + half * 2 + c % 2] = word >> (c / 2 * 8 + c % 2) & 1 ? 1.0f : 0.0f;
        }
    }
}

/// How many hashes select a pair.
template <bool OF_KEYS> DEVICE void counted(float *found, Matches matches, long first, int row, int column, int n) {
#pragma unroll
    for (int k = 0; k < 8; k++) {
        const int own = row + k / 2 % 2 * 8, other = column + k / 4 * 8 + k % 2, query = OF_KEYS ? other : own;
        const u8 *counts = (const u8 *)(matches.words + (first + (query < n ? query : 0)) * matches.stride);
        found[k] = (float)counts[OF_KEYS ? own : other];
    }
}

/// base^exponent of four, one exponent for all.
DEVICE void powers(float *result, const float *base, int exponent) {
    float square[4];
#pragma unroll
    for (int k = 0; k < 4; k++) square[k] = base[k], result[k] = exponent & 1 ? base[k] : 1.0f;
    for (exponent >>= 1; exponent; exponent >>= 1) {
#pragma unroll
        for (int k = 0; k < 4; k++) square[k] *= square[k];
        if (exponent & 1)
#pragma unroll
            for (int k = 0; k < 4; k++) result[k] *= square[k];
    }
}

/// W = E / P of eight pairs where they are selected, as conditional_weight to the precision of bf16: with q = s^t,
/// s^(T - t) q / (1 - (1 - q)^m), or the first of a series where that is as good as 1 / m.
DEVICE void selected_weights(float *x, float *s, float *weights, int T, int t, int hashes, const float *found) {
    const float m = (float)hashes, each = 1 / m;
#pragma unroll
    for (int k0 = 0; k0 < 8; k0 += 4) {
        float q[4], missed[4];
#pragma unroll
        for (int k = k0; k < k0 + 4; k++) x[k] = clamp_cosine(x[k]), s[k] = closeness(x[k]);
        powers(q, s + k0, t);
        powers(weights + k0, s + k0, T - t);
#pragma unroll
        for (int k = 0; k < 4; k++) missed[k] = 1.0f - q[k];
        powers(missed, missed, hashes);
#pragma unroll
        for (int k = 0; k < 4; k++) {
            const float root = rsqrtf(fmaxf(1.0f - missed[k], 1e-7f));
            weights[k0 + k] *= found[k0 + k] * (m * q[k] < 2e-3f ? each + (0.5f - 0.5f * each) * q[k] : q[k] * root * root);
        }
    }
}
/// W as a share of hashes; slopes want s where they are exact.
DEVICE void counted_weights(float *x, float *s, float *weights, Yoso o, const float *found) {
    const float each = 1 / (float)o.hashes;
#pragma unroll
    for (int k = 0; k < 8; k++) {
        x[k] = clamp_cosine(x[k]), s[k] = o.exact ? closeness(x[k]) : 1.0f;
        weights[k] = found[k] * each;
    }
}
#endif
