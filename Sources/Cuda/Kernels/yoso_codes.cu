// What a thread hashes, and where its codes go.

/// A row of queries (role 0) or keys (1) that a thread hashes.
struct Hashed {
    Place place;
    int role, index;
    bool lives;
    /// Of the head's stream.
    u64 key;
    /// Where the row is in qkv; of a thread without one the first.
    long at;
};

/// That of a thread of 128: first the 64 queries of a tile, then its keys.
DEVICE Hashed hashed(const int4 tile, Layout l, Yoso o, int heads) {
    Hashed row;
    row.place = Place{tile.z, tile.w, (int)blockIdx.y, heads};
    row.role = threadIdx.x / 64, row.index = tile.x - tile.z + threadIdx.x % 64;
    row.lives = row.index < row.place.length;
    row.key = stream_key(o.drawn ? stream_key(o.site, l.keys[tile.y]) : o.site, row.place.head);
    row.at = row.place.qkv(row.role, row.lives ? row.index : 0);
    return row;
}

/// inverses[2][heads][padded]: 1 / max(|x|, ε)
DEVICE void write_inverse(float *inverses, const real *qkv, const Hashed &row, int padded) {
    float squares = 0;
    for (int k = 0; k < HEAD; k += VECTOR) {
        float values[VECTOR];
        get_vector(qkv + row.at, k, values);
#pragma unroll
        for (int e = 0; e < VECTOR; e++) squares += values[e] * values[e];
    }
    const Place &p = row.place;
    if (row.lives)
        inverses[((long)row.role * p.heads + p.head) * padded + p.first + row.index] = 1 / fmaxf(sqrtf(squares), EPSILON);
}

/// Where the codes of a row go: `all`[h · length], and `beside` one after the other; null where they are not wanted so.
struct CodeWriter {
    u16 *all, *beside;
    int length, hashes;
    u64 four;
};

DEVICE CodeWriter code_writer(u16 *codes, u16 *row_codes, const Hashed &row, Layout l, Yoso o) {
    const int m = o.hashes;
    const long rows = (long)row.role * l.rows * row.place.heads;
    return {codes ? codes + rows * m + row.place.hash(0, m) + row.index : 0,
            row_codes ? row_codes + rows * code_stride(m) + codes_at(row.place, row.index, m) : 0, row.place.length, m, 0};
}

/// Of hashes in their order.
DEVICE void write_code(CodeWriter &to, u32 code, int hash) {
    if (to.all) to.all[(long)hash * to.length] = (u16)code;
    if (!to.beside) return;
    to.four |= (u64)code << hash % 4 * 16;
    if (hash % 4 == 3 || hash == to.hashes - 1) {
        *(u64 *)(to.beside + hash / 4 * 4) = to.four;
        // Read with the rest of its 16 bytes, and not used.
        if (hash == to.hashes - 1 && hash % 8 < 4) *(u64 *)(to.beside + hash / 8 * 8 + 4) = 0;
        to.four = 0;
    }
}
