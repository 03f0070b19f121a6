// Arithmetic of the engine: row-wise and elementwise loops over contiguous float32. No allocation, no threads,
// no globals. What computes is compiled for AVX-512, AVX2 and the baseline, and the loader picks one.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdint.h>

#define CK_IN const float *_Nonnull
#define CK_OUT float *_Nonnull

// elementwise.c ---------------------------------------------------------------------------------------------------

/// y += x
void ck_add(int64_t n, CK_IN x, CK_OUT y);
/// x *= factor
void ck_scale(int64_t n, float factor, CK_OUT x);
/// Every row of y [rows, columns] becomes `row`.
void ck_fill_rows(int64_t rows, int64_t columns, CK_IN row, CK_OUT y);
/// y[i, j] = x[i, j] of matrices whose rows lie `stride` floats apart
void ck_copy_rows(int64_t rows, int64_t columns, CK_IN x, int64_t x_stride, CK_OUT y, int64_t y_stride);
/// sums[j] += sum over i of x[i, j]
void ck_add_column_sums(int64_t rows, int64_t columns, CK_IN x, CK_OUT sums);
/// sum of x², accumulated in double
double ck_sum_of_squares(int64_t n, CK_IN x);
/// sum of x y
float ck_dot(int64_t n, CK_IN x, CK_IN y);
/// y = tanh x
void ck_tanh(int64_t n, CK_IN x, CK_OUT y);
/// d *= 1 - y², for y = tanh x
void ck_tanh_gradient(int64_t n, CK_IN y, CK_OUT d);

// gelu.c ----------------------------------------------------------------------------------------------------------

/// y = x Φ(x), by erf
void ck_gelu(int64_t n, CK_IN x, CK_OUT y);
/// d *= Φ(x) + x φ(x)
void ck_gelu_gradient(int64_t n, CK_IN x, CK_OUT d);
/// y = x s, for s = σ(2 √(2/π) (x + 0.044715 x³)), which is Φ(x) but for 5e-4
void ck_gelu_tanh(int64_t n, CK_IN x, CK_OUT y);
/// d *= s + x s'
void ck_gelu_tanh_gradient(int64_t n, CK_IN x, CK_OUT d);

// dropout.c -------------------------------------------------------------------------------------------------------

/// x[i] = x[i] / (1 - probability) or 0, by the random word of (key, first + i). Backward is the same call.
void ck_dropout(int64_t n, uint64_t key, uint32_t first, float probability, CK_OUT x);
/// The random word itself, for tests and for Swift.
uint32_t ck_random_word(uint64_t key, uint32_t counter);

// norm.c ----------------------------------------------------------------------------------------------------------

/// Row by row: normalized = (x - mean) / √(variance + epsilon), y = normalized scale + shift. `normalized` may be x.
void ck_layer_norm(int64_t rows, int64_t columns, float epsilon, CK_IN x, CK_IN scale, CK_IN shift, CK_OUT y,
                   CK_OUT normalized, CK_OUT inverse_deviation);
/// d becomes the gradient of x; dscale and dshift are added to.
void ck_layer_norm_gradient(int64_t rows, int64_t columns, CK_IN normalized, CK_IN inverse_deviation, CK_IN scale,
                            CK_OUT d, CK_OUT dscale, CK_OUT dshift);
/// Row by row: norms = |x|, y = x / max(|x|, epsilon); rows lie `stride` floats apart in x and are packed in y.
void ck_l2_normalize(int64_t rows, int64_t columns, float epsilon, CK_IN x, int64_t x_stride, CK_OUT y,
                     int64_t y_stride, CK_OUT norms);
/// dx = (d - (d·y) y) / |x|, and zero where |x| < epsilon.
void ck_l2_normalize_gradient(int64_t rows, int64_t columns, float epsilon, CK_IN y, int64_t y_stride, CK_IN norms,
                              CK_IN d, int64_t d_stride, CK_OUT dx, int64_t dx_stride);

// softmax.c -------------------------------------------------------------------------------------------------------

/// Row by row, in place: s = exp(factor s - log_sum) with log_sum = log Σ exp(factor s).
void ck_softmax(int64_t rows, int64_t columns, float factor, CK_OUT s, CK_OUT log_sum);
/// The same from known log_sum.
void ck_softmax_again(int64_t rows, int64_t columns, float factor, CK_IN log_sum, CK_OUT s);
/// dp = factor p (dp - delta[row])
void ck_softmax_gradient(int64_t rows, int64_t columns, float factor, CK_IN p, CK_IN delta, CK_OUT dp);
/// One row of logits becomes weight (softmax - onehot(label)); returns -log softmax[label]. `best` is the arg max.
float ck_cross_entropy(int64_t n, int32_t label, float weight, CK_OUT logits, int32_t *_Nonnull best);
/// Logits become weight (σ(x) - target); returns Σ -(target log σ(x) + (1 - target) log(1 - σ(x))).
double ck_binary_cross_entropy(int64_t n, float weight, CK_IN target, CK_OUT logits);

// embedding.c -----------------------------------------------------------------------------------------------------

/// y[i] = table[ids[i]]
void ck_gather(int64_t rows, int64_t columns, const int32_t *_Nonnull ids, CK_IN table, CK_OUT y);
/// y[i] += table[ids[i]]
void ck_gather_add(int64_t rows, int64_t columns, const int32_t *_Nonnull ids, CK_IN table, CK_OUT y);
/// table[ids[i]] += d[i], in the order of i
void ck_scatter_add(int64_t rows, int64_t columns, const int32_t *_Nonnull ids, CK_IN d, CK_OUT table);

// yoso.c ----------------------------------------------------------------------------------------------------------

#define CK_CODES const uint16_t *_Nonnull
#define CK_INDICES const uint32_t *_Nonnull
#define CK_NEAREST const uint16_t *_Nullable

/// What pairs weigh by their cosine x, with s = 1 - arccos(x) / π: E = s^T, and for pairs that hashes select W = E / P,
/// P = 1 - (1 - d s^t)^m being the probability of that (x clamped to ±(1 - 1e-6)).
typedef struct {
    int32_t kernel_bits;  // T, 1 ... 64
    int32_t exact;        // whether dE/dx is the derivative, or the lower bound T / 2 E
    int32_t hashes;       // m, at most 1024; 0 where every pair is met, and P = 1
    int32_t hash_bits;    // t, at most T: bits of a code that hash
    float drawn;          // d = 2^-a, of a further bits of a code that are drawn
} ck_pair_law;

/// nearest[i, j] of [queries, keys]: min over hashes of to[h, i step] ^ from[h, j]; both lie in [hashes, n]. Its zeros are
/// the pairs that hashes select; those below 2^(b - t) they would select by the highest t of their b bits.
void ck_nearest_codes(int64_t queries, int64_t keys, int64_t n, int32_t hashes, int64_t step, CK_CODES to,
                      CK_CODES from, uint16_t *_Nonnull nearest);
/// counts[l] += how many of `nearest` have their highest one at bit l - 1; counts[0], how many are zero.
void ck_code_depths(int64_t n, CK_CODES nearest, int64_t *_Nonnull counts);
/// How many of `nearest` are zero.
int64_t ck_met(int64_t n, CK_CODES nearest);
/// codes[i] = (codes[i] >> shift) · 2^drawn_bits + so many bits of the random word of (key, i).
void ck_cut_codes(int64_t n, int32_t shift, int32_t drawn_bits, uint64_t key, uint16_t *_Nonnull codes);
/// In place: cosines become W, zero for pairs whose `nearest` is not zero; null meets all. mass: the sums of rows.
void ck_pair_weights(int64_t rows, int64_t columns, ck_pair_law law, CK_NEAREST nearest, CK_OUT x, CK_OUT mass);
/// d = (d - delta[row]) W (dE/dx) / E; x becomes W.
void ck_pair_gradients(int64_t rows, int64_t columns, ck_pair_law law, CK_NEAREST nearest, CK_IN delta, CK_OUT x,
                       CK_OUT d);
/// y = y / mass row by row, zero where mass is.
void ck_divide_rows(int64_t rows, int64_t columns, CK_IN mass, CK_OUT y, int64_t y_stride);
/// dsums = d / mass, delta = dsums · y row by row, zero where mass is.
void ck_divide_rows_gradient(int64_t rows, int64_t columns, CK_IN mass, CK_IN y, int64_t y_stride, CK_IN d,
                             int64_t d_stride, CK_OUT dsums, int64_t dsums_stride, CK_OUT delta);

// normal.c --------------------------------------------------------------------------------------------------------

/// x[i] is normal with mean 0 and deviation 1, of the random words 2 i and 2 i + 1 of `key` (Box and Muller 1958).
void ck_normals(int64_t n, uint64_t key, CK_OUT x);

// hadamard.c ------------------------------------------------------------------------------------------------------

/// signs[i] = ±1 by the highest bit of random word i of `key`.
void ck_random_signs(int64_t n, uint64_t key, CK_OUT signs);
/// codes[h, i] of `bits` bits for `hashes` hashes of n rows: y = H D₃ H D₂ H D₁ x, with x padded by zeros from `width`
/// to `size` (16, 32, 64 or 128; at least `bits`), H the Walsh-Hadamard transform and D the next `size` signs each,
/// gives size / bits hashes; bit t of the k-th of them is y[k bits + t] > 0.
void ck_hadamard_codes(int64_t n, int32_t width, int32_t size, int32_t bits, int32_t hashes, CK_IN signs, CK_IN x,
                       int64_t x_stride, uint16_t *_Nonnull codes);
/// codes[h, i] for i < rows of [hashes, n]: bit t of hash h is y[i, h bits + t] > 0.
void ck_sign_codes(int64_t rows, int32_t bits, int32_t hashes, CK_IN y, int64_t n, uint16_t *_Nonnull codes);

// buckets.c -------------------------------------------------------------------------------------------------------

/// sums[i] = factor Σ over hashes h and tokens j with from[h, j] = to[h, i] of values[j], by a table of sums a code,
/// `block` columns at once. `scratch` holds (2^bits + 2 n) block floats.
void ck_bucket_sums(int64_t n, int32_t width, int32_t block, int32_t bits, int32_t hashes, CK_CODES from, CK_CODES to,
                    CK_IN values, int64_t values_stride, float factor, CK_OUT sums, int64_t sums_stride,
                    CK_OUT scratch);

// collisions.c ----------------------------------------------------------------------------------------------------

/// Entries of `order` behind its last, which are read and not used.
enum { CK_ORDER_PADDING = 8 };
/// Tokens in the order of their codes: those with code c of hash h are order[h, starts[h, c] ..< starts[h, c + 1]], in
/// their own order; starts is [hashes, 2^bits + 1].
void ck_bucket_sort(int64_t n, int32_t bits, int32_t hashes, CK_CODES codes, uint32_t *_Nonnull starts,
                    uint32_t *_Nonnull order);
/// How many (h, i, j) there are with from[h, j] = to[h, i]; `histogram` holds 2^bits counts.
int64_t ck_collisions(int64_t n, int32_t bits, int32_t hashes, CK_CODES from, CK_CODES to,
                      uint32_t *_Nonnull histogram);
/// mass[i] = Σ_j B_ij; `histogram` as above.
void ck_collision_mass(int64_t n, int32_t bits, int32_t hashes, CK_CODES from, CK_CODES to,
                       uint32_t *_Nonnull histogram, CK_OUT mass);
/// Bytes that the next two want as `scratch`.
int64_t ck_collision_scratch(int64_t n, int32_t hashes);
/// sums[i] = Σ_j B_ij values[j] by enumeration of the collisions, with B_ij the share of hashes in which i and j collide;
/// rows are packed, their width a multiple of 16 and at most 128, `starts` and `order` of the codes `from`.
void ck_collision_sums(int64_t n, int32_t width, int32_t bits, int32_t hashes, CK_CODES to, CK_INDICES starts,
                       CK_INDICES order, CK_IN values, CK_OUT sums, void *_Nonnull scratch);
/// With w_ij = (g_i · v_j - delta_i) B_ij times the relative slope of ck_collision_slopes: dq_i = Σ_j w_ij k_j, dk_j = Σ_i w_ij q_i,
/// dv_j = Σ_i B_ij g_i.
void ck_collision_gradients(int64_t n, int32_t width, int32_t bits, int32_t hashes, int32_t exact, CK_CODES to,
                            CK_INDICES starts, CK_INDICES order, CK_IN q, CK_IN k, CK_IN v, CK_IN g, CK_IN delta,
                            CK_OUT dq, CK_OUT dk, CK_OUT dv, void *_Nonnull scratch);

// selected.c ------------------------------------------------------------------------------------------------------

/// sums[i] = Σ_j W_ij v_j and mass[i] = Σ_j W_ij over the pairs that collide, each met once; returns how many those are, and
/// ends early where they are more than `limit`.
/// q and k are rows of length 1; all else as for ck_collision_sums.
int64_t ck_selected_sums(int64_t n, int32_t width, int32_t bits, ck_pair_law law, CK_CODES to, CK_INDICES starts,
                         CK_INDICES order, CK_IN q, CK_IN k, CK_IN v, CK_OUT sums, CK_OUT mass,
                         void *_Nonnull scratch, int64_t limit);
/// With w_ij = (g_i · v_j - delta_i) W_ij (dE/dx) / E: dq_i = Σ_j w_ij k_j, dk_j = Σ_i w_ij q_i, dv_j = Σ_i W_ij g_i.
/// `slopes` holds 16 n + 16 floats.
void ck_selected_gradients(int64_t n, int32_t width, int32_t bits, ck_pair_law law, CK_CODES to, CK_INDICES starts,
                           CK_INDICES order, CK_IN q, CK_IN k, CK_IN v, CK_IN g, CK_IN delta, CK_OUT dq, CK_OUT dk,
                           CK_OUT dv, void *_Nonnull scratch, CK_OUT slopes);

// collisions.c, dense ---------------------------------------------------------------------------------------------

/// shares[i, j] of [queries, keys]: the share of hashes with to[h, i] = from[h, j]; both lie in [hashes, n].
void ck_collision_shares(int64_t queries, int64_t keys, int64_t n, int32_t hashes, CK_CODES to, CK_CODES from,
                         CK_OUT shares);
/// d = (d - delta[row]) shares (dE/dx) / E at the cosine x: exactly `bits / ((π - arccos x) √(1-x²))`, or the lower bound
/// bits / 2, which does not read `cosines`.
void ck_collision_slopes(int64_t rows, int64_t columns, int32_t bits, int32_t exact, CK_IN delta, CK_IN shares,
                         CK_IN cosines, CK_OUT d);

// features.c ------------------------------------------------------------------------------------------------------

/// x = elu(x) + 1
void ck_elu_plus_one(int64_t n, CK_OUT x);
/// d *= elu'(x), for y = elu(x) + 1
void ck_elu_plus_one_gradient(int64_t n, CK_IN y, CK_OUT d);
/// In place of the projections y [rows, features]: exp(y - |scale x|² / 2 - max) + 1e-4, with the maximum of each row,
/// or of all rows where `together`.
void ck_positive_features(int64_t rows, int64_t features, int64_t width, float scale, int32_t together, CK_IN x,
                          int64_t x_stride, CK_OUT y);
/// One row: d becomes the gradient of the exponents; returns its sum.
float ck_positive_features_gradient(int64_t features, CK_IN y, CK_OUT d);

// convolution.c ---------------------------------------------------------------------------------------------------

/// y[i] += Σ over t of kernel[t] x[i + t - window / 2], rows beyond the ends being zero; the kernel is read from its end
/// if `reversed`, which makes it the gradient of x from that of y.
void ck_convolve(int64_t n, int64_t columns, int64_t window, CK_IN kernel, int32_t reversed, CK_IN x, int64_t x_stride,
                 CK_OUT y, int64_t y_stride);
/// dkernel[t] += Σ over i of dy[i] · x[i + t - window / 2]
void ck_convolve_gradient(int64_t n, int64_t columns, int64_t window, CK_IN x, int64_t x_stride, CK_IN dy,
                          int64_t dy_stride, CK_OUT dkernel);

// optimizer.c -----------------------------------------------------------------------------------------------------

/// The scalars of one AdamW step (Loshchilov & Hutter 2019, algorithm 2).
typedef struct {
    float rate, beta1, beta2, epsilon;
    float correction1, correction2;  // 1 - beta^t
    float clip;                      // factor of the gradient
} ck_adamw_step;

/// One AdamW step on a range; `decay` is the decoupled weight decay of that range.
void ck_adamw(int64_t n, ck_adamw_step step, float decay, CK_IN gradient, CK_OUT value, CK_OUT mean, CK_OUT square);

// bf16.c ----------------------------------------------------------------------------------------------------------

// Only where ck_has_bf16. Panels are words of two bf16 numbers, neighbours in depth: a panel of w rows (left) or columns
// (right) is [⌈depth / 2⌉, w], and panels lie behind one another; what is beyond the edges is zero.
enum {
    CK_BF16_LEFT = 12,   // rows of a left panel
    CK_BF16_RIGHT = 32,  // columns of a right panel
};

/// Rounds a [count, depth] operand to bf16 panels that are `pairs` words deep, which is more than depth / 2 where only a
/// part of the depth is filled. Element (i, p) is x[p * stride + i] if it lies across, otherwise x[i * stride + p].
void ck_bf16_pack(int32_t is_left, int32_t is_across, int64_t count, int64_t depth, CK_IN x, int64_t stride,
                  int64_t pairs, void *_Nonnull packed);
/// c = a b, or c = start + a b with a row to start from, or c += a b, for c [rows, columns] with `stride` floats a row.
/// An element's sum runs over its depth in an order of its own, whatever the other rows and columns.
void ck_bf16_multiply(int64_t rows, int64_t columns, int64_t depth, const void *_Nonnull left,
                      const void *_Nonnull right, const float *_Nullable start, int32_t accumulates, CK_OUT c,
                      int64_t stride);
/// c = start + a b, and gelu(c) as a left and, unless null, a right operand [rows, columns], while c is in the cache.
void ck_bf16_multiply_gelu(int64_t rows, int64_t columns, int64_t depth, const void *_Nonnull left,
                           const void *_Nonnull right, const float *_Nullable start, CK_OUT c, int64_t stride,
                           void *_Nonnull left_gelu, void *_Nullable right_gelu);

// level.c ---------------------------------------------------------------------------------------------------------

/// The instruction level that the loader picked for the functions above: "AVX-512", "AVX2" or "baseline"; AVX2 wherever
/// the package was built so.
const char *_Nonnull ck_level(void);
/// Whether the CPU has AVX512-BF16, and the package was not built for AVX2.
int32_t ck_has_bf16(void);

#undef CK_IN
#undef CK_OUT
#undef CK_CODES
#undef CK_INDICES
#undef CK_NEAREST
#endif
