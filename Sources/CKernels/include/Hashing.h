// Attention by hashing: part of CKernels.h, which has the types.

// yoso.c ----------------------------------------------------------------------------------------------------------

#define CK_CODES const uint16_t *_Nonnull
#define CK_NEAREST const uint16_t *_Nullable
#define CK_NARROW const void *_Nullable

/// What pairs weigh by their cosine x, with s = 1 - arccos(x) / π: E = s^T, and for pairs that hashes select W = E / P,
/// P = 1 - (1 - d s^t)^m being the probability of that (x clamped to ±(1 - 1e-6)).
typedef struct {
    int32_t kernel_bits;  // T, 1 ... 64
    int32_t exact;        // whether dE/dx is the derivative, or the lower bound T / 2 E
    int32_t hashes;       // m, at most 1024; 0 where every pair is met, and P = 1
    int32_t hash_bits;    // t, at most T: bits of a code that hash
    float drawn;          // d = 2^-a, of a further bits of a code that are drawn
} ck_pair_law;

/// Codes of `bits` bits of n queries and n keys, [hashes, n].
typedef struct {
    int64_t n;
    int32_t bits, hashes;
    CK_CODES queries;
    CK_CODES keys;
} ck_codes;

/// Unit queries and keys, and values, [n, width] side by side, or their gradients; the width is a multiple of 16, at most 128.
typedef struct {
    int64_t width;
    float *_Nonnull q, *_Nonnull k, *_Nonnull v;
    // Keys and values by ck_narrow_rows, which are then read in the place of k and v; both or none.
    CK_NARROW narrow_k;
    CK_NARROW narrow_v;
} ck_pair_rows;

/// nearest[i, j] of [queries, n]: min over hashes of queries[h, first + i step] ^ keys[h, j]. Its zeros are the pairs that
/// hashes select; those below 2^(b - t) they would select by the highest t of their b bits.
void ck_nearest_codes(ck_codes codes, int64_t first, int64_t queries, int64_t step, uint16_t *_Nonnull nearest);
/// counts[l] += how many of `nearest` have their highest one at bit l - 1; counts[0], how many are zero.
void ck_code_depths(int64_t n, CK_CODES nearest, int64_t *_Nonnull counts);
/// How many of `nearest` are zero.
int64_t ck_met(int64_t n, CK_CODES nearest);
/// cut[i] = (codes[i] >> shift) · 2^drawn_bits + so many bits of the random word of (key, i).
void ck_cut_codes(int64_t n, int32_t shift, int32_t drawn_bits, uint64_t key, CK_CODES codes, uint16_t *_Nonnull cut);
/// In place: cosines become W, zero for pairs whose `nearest` is not zero; null meets all. mass: the sums of rows.
void ck_pair_weights(int64_t rows, int64_t columns, ck_pair_law law, CK_NEAREST nearest, CK_OUT x, CK_OUT mass);
/// d = (d - delta[row]) W (dE/dx) / E; x becomes W.
void ck_pair_gradients(int64_t rows, int64_t columns, ck_pair_law law, CK_NEAREST nearest, CK_IN delta, CK_OUT x,
                       CK_OUT d);
/// sums = W V and mass, the sums of the rows of W, of the cosines Q Kᵀ of one head whose pairs all weigh by `law`; where ck_attend is
/// there, tile by tile as it. Of the head, scale and dropout are not asked; values may be of another width.
void ck_attend_pairs(ck_attention_head head, ck_pair_law law, ck_matrix sums, CK_OUT mass, CK_OUT scratch);
/// With w = (g Vᵀ - delta) W (dE/dx) / E: dq = w K, dk = wᵀ Q, dv = Wᵀ g.
void ck_attend_pairs_gradient(ck_attention_head head, ck_pair_law law, ck_matrix g, CK_IN delta, ck_matrix dquery,
                              ck_matrix dkey, ck_matrix dvalue, CK_OUT scratch);
/// y = y / mass row by row, zero where mass is below the least normal number.
void ck_divide_rows(CK_IN mass, ck_matrix y);
/// dsums = d / mass, delta = dsums · y row by row, zero there too.
void ck_divide_rows_gradient(CK_IN mass, ck_matrix y, ck_matrix d, ck_matrix dsums, CK_OUT delta);

// normal.c --------------------------------------------------------------------------------------------------------

/// x[i] is normal with mean 0 and deviation 1, of the random words 2 i and 2 i + 1 of `key` (Box and Muller 1958).
void ck_normals(int64_t n, uint64_t key, CK_OUT x);
/// The same for initial weights, of the words from 2 `first` on, with this deviation: in double and by libm, 30 times slower, since
/// every run begins with its bits.
void ck_exact_normals(int64_t first, int64_t n, uint64_t key, float deviation, CK_OUT x);
/// Columns 2 i and 2 i + 1 of every row are turned as a point of the plane, by the angle with cosines[i] and sines[i].
void ck_rotate_pairs(int64_t pairs, CK_IN cosines, CK_IN sines, ck_matrix x);

// hadamard.c ------------------------------------------------------------------------------------------------------

/// Three diagonals D₁, D₂, D₃ of `size` (16, 32, 64 or 128) for each part: ±1 by the highest bit of random word i of `key`, which is
/// -1, and the last two over 2^⌈log2 size / 2⌉ and 2^⌊log2 size / 2⌋, times 2¹⁵; both halves of a word hold the number.
void ck_rotation_factors(int32_t size, int64_t parts, uint64_t key, int32_t *_Nonnull factors);
/// codes[h, i] of `bits` bits for `hashes` hashes of every row: y = H D₃ H D₂ H D₁ x, with x padded by zeros from its columns
/// to `size` (at least `bits`), H the Walsh-Hadamard transform, gives size / bits hashes; bit t of the k-th of them is
/// y[k bits + t] > 0. All in integers of 16 bits: x is first multiplied by a power of two, so that its length is about 1,350 to
/// 2,710, and rounded to the nearest (half to even), products by D₂ and D₃ too (half up). No sum exceeds 2¹⁵ then, and an angle is
/// exact to some 0.002. A row that is not finite counts as zero; one of numbers below 2^-116 is rounded more.
void ck_hadamard_codes(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *_Nonnull factors,
                       uint16_t *_Nonnull codes);
/// The same without the instructions of AVX2.
void ck_hadamard_codes_by_any_cpu(ck_matrix x, int32_t size, int32_t bits, int32_t hashes, const int32_t *_Nonnull factors,
                                  uint16_t *_Nonnull codes);
/// codes[h, i] for i < rows of [hashes, n]: bit t of hash h is y[i, h bits + t] > 0.
void ck_sign_codes(int64_t rows, int32_t bits, int32_t hashes, CK_IN y, int64_t n, uint16_t *_Nonnull codes);

// buckets.c -------------------------------------------------------------------------------------------------------

/// sums[i] = Σ_j B_ij values[j], with B_ij the share of hashes in which query i and key j have one code, by a table of sums a code,
/// `block` columns at once. `scratch` holds (2^bits + 2 n) block floats.
void ck_bucket_sums(ck_codes codes, int32_t block, ck_matrix values, ck_matrix sums, CK_OUT scratch);

// collisions.c ----------------------------------------------------------------------------------------------------

/// Keys in the order of their codes, for whoever enumerates collisions: those with code c of hash h are
/// order[h, starts[h, c] ..< starts[h, c + 1]], in their own order; starts is [hashes, 2^bits + 1]. What a query meets of them is in
/// `places`, found while the starts of a hash are in the nearest cache: where its bucket begins, times CK_PLACE_SIZES, and how many
/// are there, or CK_PLACE_SIZES - 1 where they are as many or more.
typedef struct {
    uint32_t *_Nonnull starts;
    uint32_t *_Nonnull order;   // [hashes, n], and CK_ORDER_PADDING more, which are read and not used
    uint32_t *_Nonnull places;  // [hashes, n]
    void *_Nonnull scratch;     // ck_collision_scratch bytes
} ck_sorted_keys;
enum { CK_ORDER_PADDING = 8, CK_PLACE_SIZES = 32, CK_MOST_PLACES = 1 << 27 };
int64_t ck_collision_scratch(int64_t n, int32_t hashes);
/// Fills `starts`, `order` and `places`; n is at most CK_MOST_PLACES.
void ck_bucket_sort(ck_codes codes, ck_sorted_keys sorted);
/// How many (h, i, j) there are whose codes agree; `histogram` holds 2^bits counts.
int64_t ck_collisions(ck_codes codes, uint32_t *_Nonnull histogram);
/// mass[i] = Σ_j B_ij; `histogram` as above.
void ck_collision_mass(ck_codes codes, uint32_t *_Nonnull histogram, CK_OUT mass);
/// n floats, a multiple of 32, as the nearest bf16 numbers: word j of every 16 has number j of 32 below number 16 + j. Rows that are
/// gathered take half as many cache lines so.
void ck_narrow_rows(int64_t n, CK_IN x, void *_Nonnull narrow);
/// sums[i] = Σ_j B_ij values[j] by enumeration of the collisions, of rows of `width` like those of ck_pair_rows; where they are
/// narrow, of these. `sums` has the columns that are no padding.
void ck_collision_sums(ck_codes codes, ck_sorted_keys sorted, int64_t width, CK_IN values, CK_NARROW narrow, ck_matrix sums);
/// With w_ij = (g_i · v_j - delta_i) B_ij times the relative slope of ck_collision_slopes: dq_i = Σ_j w_ij k_j, dk_j = Σ_i w_ij q_i,
/// dv_j = Σ_i B_ij g_i.
void ck_collision_gradients(ck_codes codes, ck_sorted_keys sorted, int32_t exact, ck_pair_rows rows, CK_IN g,
                            CK_IN delta, ck_pair_rows gradient);

// selected.c ------------------------------------------------------------------------------------------------------

/// sums[i] = Σ_j W_ij v_j and mass[i] = Σ_j W_ij over the pairs that collide, each met once; returns how many those are, and
/// ends early where they are more than `limit`.
int64_t ck_selected_sums(ck_codes codes, ck_sorted_keys sorted, ck_pair_law law, ck_pair_rows rows, CK_OUT sums,
                         CK_OUT mass, int64_t limit);
/// With w_ij = (g_i · v_j - delta_i) W_ij (dE/dx) / E: dq_i = Σ_j w_ij k_j, dk_j = Σ_i w_ij q_i, dv_j = Σ_i W_ij g_i.
/// `slopes` holds 16 n + 16 floats.
void ck_selected_gradients(ck_codes codes, ck_sorted_keys sorted, ck_pair_law law, ck_pair_rows rows, CK_IN g,
                           CK_IN delta, ck_pair_rows gradient, CK_OUT slopes);

// collisions.c, dense ---------------------------------------------------------------------------------------------

/// shares[i, j] of [queries, n] = B of query first + i and key j.
void ck_collision_shares(ck_codes codes, int64_t first, int64_t queries, CK_OUT shares);
/// d = (d - delta[row]) shares (dE/dx) / E at the cosine x: exactly `bits / ((π - arccos x) √(1-x²))`, or the lower bound
/// bits / 2, which does not read `cosines`.
void ck_collision_slopes(int64_t rows, int64_t columns, int32_t bits, int32_t exact, CK_IN delta, CK_IN shares,
                         CK_IN cosines, CK_OUT d);
