#include "lanes.h"
#include "pairs.h"

CLONES void ck_nearest_codes(ck_codes codes, int64_t first, int64_t queries, int64_t step, uint16_t *nearest) {
    enum { WIDTH = 128 };
    const int64_t n = codes.n;
    const int32_t hashes = codes.hashes;
    for (int64_t i = 0; i < queries; i++)
        for (int64_t key = 0; key < n; key += WIDTH) {
            uint16_t least[WIDTH];
            memset(least, 0xff, sizeof least);
            const int64_t columns = n - key < WIDTH ? n - key : WIDTH;
            const uint16_t *code = codes.queries + first + i * step, *other = codes.keys + key;
            if (columns == WIDTH)
                for (int32_t hash = 0; hash < hashes; hash++, code += n, other += n)
                    for (int64_t j = 0; j < WIDTH; j++) {
                        const uint16_t apart = other[j] ^ *code;
                        least[j] = apart < least[j] ? apart : least[j];
                    }
            else
                for (int32_t hash = 0; hash < hashes; hash++, code += n, other += n)
                    for (int64_t j = 0; j < columns; j++) {
                        const uint16_t apart = other[j] ^ *code;
                        least[j] = apart < least[j] ? apart : least[j];
                    }
            memcpy(nearest + i * n + key, least, (size_t)columns * sizeof *least);
        }
}

CLONES void ck_code_depths(int64_t n, const uint16_t *nearest, int64_t *counts) {
    // As many rounds of sixteen as a lane can count.
    enum { LANES = 16, MOST = LANES * UINT16_MAX };
    // How many are below 2^l, for every l: by compares, since counts one by one wait for each other.
    int64_t below[17] = {[16] = n}, i = 0;
    while (n - i >= LANES) {
        const int64_t end = n - i < MOST ? n - LANES : i + MOST - LANES;
        shorts sums[16] = {0};
        for (; i <= end; i += LANES) {
            shorts some;
            memcpy(&some, nearest + i, sizeof some);
#pragma unroll
            for (int l = 0; l < 16; l++) sums[l] -= (shorts)(some < (uint16_t)(1 << l));
        }
        for (int l = 0; l < 16; l++)
            for (int lane = 0; lane < LANES; lane++) below[l] += sums[l][lane];
    }
    for (; i < n; i++)
        for (int l = 0; l < 16; l++) below[l] += nearest[i] < 1 << l;
    counts[0] += below[0];
    for (int l = 1; l <= 16; l++) counts[l] += below[l] - below[l - 1];
}

CLONES void ck_cut_codes(int64_t n, int32_t shift, int32_t drawn_bits, uint64_t key, const uint16_t *codes,
                         uint16_t *cut) {
    for (int64_t i = 0; i < n; i++) {
        const uint32_t drawn = drawn_bits ? random_word(key, (uint32_t)i) >> (32 - drawn_bits) : 0;
        cut[i] = (uint16_t)((uint32_t)(codes[i] >> shift) << drawn_bits | drawn);
    }
}

/// Zero where a pair is not met.
INLINE void keep_met(const uint16_t *nearest, int64_t j, int64_t n, lanes *weight) {
    if (!nearest) return;
    shorts apart = 1;
    memcpy(&apart, nearest + j, j + 16 <= n ? sizeof apart : (size_t)(n - j) * sizeof *nearest);
    *weight = __builtin_convertvector(apart, words) == 0 ? *weight : (lanes)0.0f;
}

CLONES void ck_pair_weights(int64_t rows, int64_t columns, ck_pair_law law, const uint16_t *nearest, float *x,
                            float *mass) {
    for (int64_t i = 0; i < rows; i++, x += columns) {
        lanes sums = 0;
        for (int64_t j = 0; j < columns; j += 16) {
            lanes cosine, s, weight;
            load_part(x, j, columns, &cosine);
            closeness(&cosine, &s);
            weigh(law, &s, &weight);
            keep_met(nearest, j, columns, &weight);
            if (j + 16 > columns)
                for (int64_t beyond = columns - j; beyond < 16; beyond++) weight[beyond] = 0;
            store_part(&weight, x, j, columns);
            sums += weight;
        }
        float sum = 0;
        for (int lane = 0; lane < 16; lane++) sum += sums[lane];
        mass[i] = sum;
        if (nearest) nearest += columns;
    }
}

CLONES int64_t ck_met(int64_t n, const uint16_t *nearest) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += nearest[i] == 0;
    return count;
}

CLONES void ck_pair_gradients(int64_t rows, int64_t columns, ck_pair_law law, const uint16_t *nearest,
                              const float *delta, float *x, float *d) {
    for (int64_t i = 0; i < rows; i++, x += columns, d += columns) {
        for (int64_t j = 0; j < columns; j += 16) {
            lanes cosine, slope, s, weight;
            load_part(x, j, columns, &cosine);
            load_part(d, j, columns, &slope);
            closeness(&cosine, &s);
            weigh(law, &s, &weight);
            keep_met(nearest, j, columns, &weight);
            slope -= delta[i];
            apply_slope(law, &cosine, &s, &weight, &slope);
            store_part(&weight, x, j, columns);
            store_part(&slope, d, j, columns);
        }
        if (nearest) nearest += columns;
    }
}

CLONES void ck_divide_rows(const float *mass, ck_matrix y) {
    for (int64_t i = 0; i < y.rows; i++) {
        const float inverse = inverse_or_zero(mass[i]);
        for (int64_t j = 0; j < y.columns; j++) y.data[i * y.stride + j] *= inverse;
    }
}

CLONES void ck_divide_rows_gradient(const float *mass, ck_matrix y, ck_matrix d, ck_matrix dsums, float *delta) {
    FAST
    for (int64_t i = 0; i < y.rows; i++) {
        const float *row = d.data + i * d.stride, *out = y.data + i * y.stride;
        float *to = dsums.data + i * dsums.stride;
        const float inverse = inverse_or_zero(mass[i]);
        float product = 0;
        for (int64_t j = 0; j < y.columns; j++) {
            const float g = inverse * row[j];
            product += g * out[j];
            to[j] = g;
        }
        delta[i] = product;
    }
}
