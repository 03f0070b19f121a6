// Bits of the codes of every sequence and head by a budget of pairs: what PairBudget.swift chooses on the CPU, from the same codes.
//
// Codes have b bits, as many as any choice. The choices, in their order: the highest t bits, t = 1 ... T' = min(b, T); T' of them with
// a drawn bits behind, a = 1 ... b - T'; t = T' - 1 ... 0 of them with b - t drawn ones. The first one is taken by which the queries
// that are looked at, every ⌊n / 256⌋-th, meet few enough keys; then, where all queries together meet too many, the next one by
// which they do not, or the last. That takes n² comparisons, but few heads come to it.

/// Queries of a block, side by side.
#define ABREAST 16
/// Numbers that a block of queries leaves, of choices.
#define CHOICES 32
/// How far a selection is: found; no hashed bits will do; too many pairs are met by it, and the next is wanted; the same where no
/// hashed bits will do; found once more.
#define FOUND 0
#define DRAWS 1
#define AGAIN 2
#define DRAWS_AGAIN 3
#define CHANGED 4

DEVICE int most_hashed(Yoso o, int bits) { return o.kernel_bits < bits ? o.kernel_bits : bits; }
/// `RandomStream.stream(name)`
DEVICE u64 named_key(u64 key, const char *name) {
    u64 hash = 0xCBF29CE484222325ull;
    for (; *name; name++) hash = (hash ^ (u64)*name) * 0x100000001B3ull;
    return stream_key(key, hash);
}
/// Of the bits drawn for the keys (role 1) or queries of a head.
DEVICE u64 drawn_key(Yoso o, Layout l, int sequence, int head, int role) {
    const u64 key = stream_key(o.drawn ? stream_key(o.site, l.keys[sequence]) : o.site, head);
    return named_key(key, role ? "keys" : "queries");
}

/// How far apart the queries are that are looked at.
DEVICE int looked_step(int length) { return length < 512 ? 1 : length / 256; }

/// The block's queries: first, first + step, ...
struct Abreast {
    Place place;
    int first, count, step;
};
DEVICE Abreast abreast_of(int4 tile, int heads, bool all) {
    Abreast x;
    x.place = {tile.z, tile.w, (int)blockIdx.y, heads};
    x.step = all ? 1 : looked_step(tile.w);
    x.first = (tile.x - tile.z + blockIdx.x % 4 * ABREAST) * x.step;
    const int left = (tile.w - x.first + x.step - 1) / x.step;
    x.count = left < ABREAST ? left : ABREAST;
    return x;
}
/// Adds up what threads counted; thread k of the block writes number k.
DEVICE void write_counts(u32 *partials, u32 *sums, const u32 *counted, int heads) {
    const int lane = threadIdx.x % 32;
    for (int k = 0; k < CHOICES; k++) {
        u32 sum = counted[k];
        for (int o = 16; o; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
        if (lane == 0 && sum) atomicAdd(&sums[k], sum);
    }
    __syncthreads();
    if (threadIdx.x < CHOICES) partials[((long)blockIdx.x * heads + blockIdx.y) * CHOICES + threadIdx.x] = sums[threadIdx.x];
}

/// Pairs that the highest t bits meet, as number t - 1, of the queries that are looked at, or of all of the heads that want it again.
// grid (4 · tiles, heads), block 256: 16 queries and all keys, a thread a key
KERNEL __launch_bounds__(256)
yoso_budget_hashed(u32 *partials, const int4 *selections, const u16 *row_codes, const int4 *tiles, Layout l, Yoso o, int heads,
                   int again) {
    __shared__ uint4 codes[ABREAST];
    __shared__ u32 sums[CHOICES];
    const int4 tile = tiles[blockIdx.x / 4];
    const Abreast x = abreast_of(tile, heads, again);
    const int n = x.place.length, m = o.hashes, bits = hash_bits(o, n);
    if (n <= o.pairs || x.count <= 0) return;
    if (again && selections[tile.y * heads + x.place.head].z != AGAIN) return;
    if (threadIdx.x < CHOICES) sums[threadIdx.x] = 0;
    const u16 *keys = row_codes + (long)l.rows * heads * code_stride(m);
    u32 counted[CHOICES] = {0};
    for (int j0 = 0; j0 < n; j0 += 256) {
        const int j = j0 + threadIdx.x;
        u32 least[ABREAST];
#pragma unroll
        for (int q = 0; q < ABREAST; q++) least[q] = 0xffffffffu;
        for (int h = 0; h < m; h += 8) {
            __syncthreads();
            if (threadIdx.x < x.count)
                codes[threadIdx.x] = *(const uint4 *)(row_codes + codes_at(x.place, x.first + threadIdx.x * x.step, m) + h);
            __syncthreads();
            uint4 key = make_uint4(0, 0, 0, 0);
            if (j < n) key = *(const uint4 *)(keys + codes_at(x.place, j, m) + h);
            // Beyond the last hash nothing agrees.
            u32 off[4];
            for (int w = 0; w < 4; w++)
                off[w] = (h + 2 * w < m ? 0u : 0xffffu) | (h + 2 * w + 1 < m ? 0u : 0xffff0000u);
#pragma unroll
            for (int q = 0; q < ABREAST; q++) {
                const uint4 query = codes[q];
                least[q] = least_halves(least[q], (query.x ^ key.x) | off[0]);
                least[q] = least_halves(least[q], (query.y ^ key.y) | off[1]);
                least[q] = least_halves(least[q], (query.z ^ key.z) | off[2]);
                least[q] = least_halves(least[q], (query.w ^ key.w) | off[3]);
            }
        }
#pragma unroll
        for (int q = 0; q < ABREAST; q++) {
            const u32 one = min(least[q] & 0xffffu, least[q] >> 16);
            const bool counts = j < n && q < x.count;
#pragma unroll
            for (int t = 1; t <= 16; t++) counted[t - 1] += counts && t <= bits && one >> (bits - t) == 0;
        }
    }
    __syncthreads();
    write_counts(partials, sums, counted, heads);
}

/// Pairs met with drawn bits, of the heads for which no hashed bits will do: with t < T' hashed bits as number t, with T' and a drawn
/// ones as number 15 + a.
// as yoso_budget_hashed
KERNEL __launch_bounds__(256)
yoso_budget_drawn(u32 *partials, const int4 *selections, const u16 *codes, const int4 *tiles, Layout l, Yoso o, int heads,
                  int again) {
    __shared__ u32 code[ABREAST], word[ABREAST], sums[CHOICES];
    const int4 tile = tiles[blockIdx.x / 4];
    const Abreast x = abreast_of(tile, heads, again);
    const int n = x.place.length, m = o.hashes, bits = hash_bits(o, n), most = most_hashed(o, bits);
    if (selections[tile.y * heads + x.place.head].z != (again ? DRAWS_AGAIN : DRAWS) || x.count <= 0) return;
    if (threadIdx.x < CHOICES) sums[threadIdx.x] = 0;
    const u64 of_queries = drawn_key(o, l, tile.y, x.place.head, 0), of_keys = drawn_key(o, l, tile.y, x.place.head, 1);
    const long side = (long)l.rows * heads * m;
    u32 counted[CHOICES] = {0};
    for (int j0 = 0; j0 < n; j0 += 256) {
        const int j = j0 + threadIdx.x;
        u32 met[ABREAST];
#pragma unroll
        for (int q = 0; q < ABREAST; q++) met[q] = 0;
        for (int h = 0; h < m; h++) {
            __syncthreads();
            if (threadIdx.x < x.count) {
                const int i = x.first + threadIdx.x * x.step;
                code[threadIdx.x] = codes[x.place.hash(h, m) + i];
                word[threadIdx.x] = random_word(of_queries, (u32)h * n + i);
            }
            __syncthreads();
            const u32 key = j < n ? codes[side + x.place.hash(h, m) + j] : 0, own = random_word(of_keys, (u32)h * n + j);
#pragma unroll
            for (int q = 0; q < ABREAST; q++) {
                // How many of the highest bits agree.
                const int hashed = __clz((int)(code[q] ^ key)) - (32 - bits), all = __clz((int)(word[q] ^ own));
                const int drawn = all < bits ? all : bits;
                met[q] |= ((2u << hashed) - 1) & ~((1u << (bits - drawn)) - 1) & ((1u << most) - 1);
                if (hashed >= most) met[q] |= ((1u << min(drawn, bits - most)) - 1) << 16;
            }
        }
#pragma unroll
        for (int q = 0; q < ABREAST; q++) {
            if (j >= n || q >= x.count) continue;
#pragma unroll
            for (int k = 0; k < CHOICES; k++) counted[k] += met[q] >> k & 1;
        }
    }
    __syncthreads();
    write_counts(partials, sums, counted, heads);
}

/// Number k of a head's sequence.
DEVICE u64 whole_count(const u32 *partials, int queries, int heads, int number) {
    u64 sum = 0;
    for (int block = 0; block * ABREAST < queries; block++)
        sum += partials[((long)(4 * blockIdx.x + block) * heads + blockIdx.y) * CHOICES + number];
    return sum;
}

/// selections[sequence, heads] = (t, a, how far it is, of which choice): of the numbers of yoso_budget_hashed, or, if `drawn`, of
/// yoso_budget_drawn. (0, 0): every pair is met.
// grid (tiles, heads), block 32
KERNEL yoso_budget(int4 *selections, const u32 *partials, int drawn, int again, const int4 *tiles, Layout l, Yoso o, int heads) {
    __shared__ u64 counts[CHOICES];
    const int4 tile = tiles[blockIdx.x];
    if (tile.x != tile.z) return;
    int4 *selection = selections + tile.y * heads + blockIdx.y;
    const int n = tile.w, bits = hash_bits(o, n), most = most_hashed(o, bits);
    if (!drawn && !again && n <= o.pairs) {
        if (threadIdx.x == 0) *selection = make_int4(0, 0, FOUND, 0);
        return;
    }
    const int4 last = drawn || again ? *selection : make_int4(0, 0, FOUND, 0);
    if ((drawn || again) && last.z != (drawn ? again ? DRAWS_AGAIN : DRAWS : AGAIN)) return;
    const int step = again ? 1 : looked_step(n), queries = (n + step - 1) / step;
    counts[threadIdx.x] = whole_count(partials, queries, heads, threadIdx.x);
    __syncthreads();
    if (threadIdx.x) return;
    const double limit = (double)((u64)queries * o.pairs) * (step == 1 ? 1.0 : 0.9);
    // Choices are numbered from 0; `again` looks behind the one that had too many.
    int choice = again ? last.w + 1 : 0;
    if (!drawn) {
        while (choice < most && (double)counts[choice] > limit) choice++;
        *selection = choice < most ? make_int4(choice + 1, 0, again ? CHANGED : FOUND, choice)
                                   : make_int4(last.x, last.y, again ? DRAWS_AGAIN : DRAWS, last.w);
        return;
    }
    for (choice = max(choice, most); choice < most + bits - 1; choice++) {
        const int a = choice - most + 1;
        if ((double)counts[a <= bits - most ? 15 + a : bits - a] <= limit) break;
    }
    const int a = choice - most + 1;
    *selection = make_int4(a <= bits - most ? most : bits - a, a, again ? CHANGED : FOUND, choice);
}

/// Whether all queries together met too many, by how many each did: then the next choice is wanted.
// grid (tiles, heads), block 256
KERNEL yoso_budget_met(int4 *selections, const u32 *met, const int4 *tiles, Layout l, Yoso o, int heads, int padded) {
    __shared__ u64 sums[256];
    const int4 tile = tiles[blockIdx.x];
    if (tile.x != tile.z) return;
    int4 *selection = selections + tile.y * heads + blockIdx.y;
    const int n = tile.w, bits = hash_bits(o, n), most = most_hashed(o, bits);
    u64 sum = 0;
    for (int i = threadIdx.x; i < n; i += 256) sum += met[(long)blockIdx.y * padded + tile.z + i];
    sums[threadIdx.x] = sum;
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    if (threadIdx.x || n <= o.pairs || sums[0] <= (u64)o.pairs * n || selection->w == most + bits - 1) return;
    selection->z = selection->w + 1 < most ? AGAIN : DRAWS_AGAIN;
}

/// Codes cut to the selected bits, with drawn bits behind them; where every pair is met, all agree in the first hash and none in another.
// grid (tiles, heads), block 128: a thread a row, first the 64 queries of a tile, then its keys
KERNEL __launch_bounds__(128)
yoso_cut(u16 *codes, u16 *row_codes, const u16 *deepest, const int4 *tiles, Layout l, Yoso o, int heads) {
    const int4 tile = tiles[blockIdx.x];
    const Place p = {tile.z, tile.w, (int)blockIdx.y, heads};
    const int role = threadIdx.x / 64, i = tile.x - tile.z + threadIdx.x % 64, m = o.hashes;
    if (i >= p.length || is_settled(o, l, p)) return;
    const int bits = hash_bits(o, p.length);
    const int2 selection = selected_bits(o, l, p);
    const u64 key = drawn_key(o, l, tile.y, p.head, role);
    const long at = (long)role * l.rows * heads * m + p.hash(0, m) + i;
    u16 *all = codes + at, *beside = row_codes + (long)role * l.rows * heads * code_stride(m) + codes_at(p, i, m);
    for (int h = 0; h < m; h++) {
        u32 code = deepest[at + (long)h * p.length] >> (bits - selection.x) << selection.y;
        if (selection.y) code |= random_word(key, (u32)h * p.length + i) >> (32 - selection.y);
        if (selection.x + selection.y == 0) code = h ? role : 0;
        all[(long)h * p.length] = (u16)code, beside[h] = (u16)code;
    }
}
