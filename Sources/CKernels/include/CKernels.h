// Arithmetic of the engine: row-wise and elementwise loops over contiguous float32. No allocation, no threads,
// no globals but the level of kernels. What computes is compiled for AVX-512, AVX2 and the baseline, and the loader picks one.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdint.h>

#define CK_IN const float *_Nonnull
#define CK_OUT float *_Nonnull

/// Rows of a wider block: element (i, j) is data[i * stride + j].
typedef struct {
    float *_Nonnull data;
    int64_t rows, columns, stride;
} ck_matrix;

// elementwise.c ---------------------------------------------------------------------------------------------------

/// y += x
void ck_add(int64_t n, CK_IN x, CK_OUT y);
/// y *= x
void ck_multiply(int64_t n, CK_IN x, CK_OUT y);
/// x *= factor
void ck_scale(int64_t n, float factor, CK_OUT x);
/// Every row of y becomes `row`.
void ck_fill_rows(CK_IN row, ck_matrix y);
/// y[i, j] = x[i, j]
void ck_copy_rows(ck_matrix x, ck_matrix y);
/// y[j, i] = x[i, j]
void ck_transpose(ck_matrix x, ck_matrix y);
/// y[i, j] = value
void ck_fill(float value, ck_matrix y);
/// y[i, j] += value
void ck_add_value(float value, ck_matrix y);
/// sums[j] += sum over i of x[i, j]
void ck_add_column_sums(ck_matrix x, CK_OUT sums);
/// sum of x², accumulated in double
double ck_sum_of_squares(int64_t n, CK_IN x);
/// products[i] = sum over j of x[i, j] y[i, j]
void ck_row_products(ck_matrix x, ck_matrix y, CK_OUT products);
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

/// Row by row: x = (x - mean) / √(variance + epsilon), y = x scale + shift.
void ck_layer_norm(int64_t rows, int64_t columns, float epsilon, CK_IN scale, CK_IN shift, CK_OUT x, CK_OUT y,
                   CK_OUT inverse_deviation);
/// d becomes the gradient of x; dscale and dshift are added to.
void ck_layer_norm_gradient(int64_t rows, int64_t columns, CK_IN normalized, CK_IN inverse_deviation, CK_IN scale,
                            CK_OUT d, CK_OUT dscale, CK_OUT dshift);
/// dscale and dshift of some columns alone: the same bits as above.
void ck_layer_norm_parameters_gradient(ck_matrix normalized, ck_matrix d, CK_OUT dscale, CK_OUT dshift);
/// Row by row: norms = |x|, y = x / max(|x|, epsilon).
void ck_l2_normalize(float epsilon, ck_matrix x, ck_matrix y, CK_OUT norms);
/// dx = (d - (d·y) y) / |x|, and zero where |x| < epsilon.
void ck_l2_normalize_gradient(float epsilon, ck_matrix y, CK_IN norms, ck_matrix d, ck_matrix dx);

// softmax.c -------------------------------------------------------------------------------------------------------

/// Row by row, in place: s = exp(factor s - log_sum) with log_sum = log Σ exp(factor s).
void ck_softmax(int64_t rows, int64_t columns, float factor, CK_OUT s, CK_OUT log_sum);
/// The first index up to which probabilities add up to more than `uniform`, or the last.
int64_t ck_sample(int64_t n, CK_IN p, float uniform);
/// The same as ck_softmax from known log_sum.
void ck_softmax_again(int64_t rows, int64_t columns, float factor, CK_IN log_sum, CK_OUT s);
/// dp = factor p (dp - delta[row])
void ck_softmax_gradient(int64_t rows, int64_t columns, float factor, CK_IN p, CK_IN delta, CK_OUT dp);
/// Scores [queries, 1 + keys] of the queries from `first` on, and of key 0 and the keys from `first_key` on, become -1e30, so low
/// that a weight is zero, where the two are more than `window` apart and neither is 0; column 0 where the others hold key 0.
void ck_hide_beyond_window(int64_t first, int64_t first_key, int64_t window, ck_matrix scores);
/// Every row of logits becomes weight (softmax - onehot(label)); returns the sum of -log softmax[label]. `correct` grows by the rows
/// whose arg max, the first of several, is the label.
double ck_cross_entropy(int64_t rows, int64_t columns, const int32_t *_Nonnull labels, float weight, CK_OUT logits,
                        int64_t *_Nonnull correct);
/// Moves the share ε of the gradient d of weight · cross-entropy from the labels to all classes; returns the sum of what that adds
/// to the losses, ε (x[label] - mean x).
double ck_smooth_labels(int64_t rows, int64_t columns, const int32_t *_Nonnull labels, float weight, float epsilon,
                        CK_IN x, CK_OUT d);
/// Logits become weight (σ(x) - target); returns Σ -(target log σ(x) + (1 - target) log(1 - σ(x))).
double ck_binary_cross_entropy(int64_t n, float weight, CK_IN target, CK_OUT logits);

// attention.c -----------------------------------------------------------------------------------------------------

// Only where ck_level is AVX2 or AVX-512, whose instructions it is made of.

/// One head of softmax attention over one sequence, [n, width] each; of queries n or fewer.
typedef struct {
    ck_matrix query, key, value;
    const int32_t *_Nullable places;  // of the queries among n; none where they are all
    float scale;    // of the scores
    float dropout;  // of the weights, by the random word of (mask, place * n + key); 0 for none
    uint64_t mask;
} ck_attention_head;
/// Floats of scratch memory for either of the next two, and of ck_attend_pairs; width: the most of queries and values.
int64_t ck_attend_scratch(int64_t n, int64_t width);
/// y = dropout(softmax(scale Q Kᵀ)) V, tile by tile with a running maximum (Dao et al. 2022, algorithm 1), and
/// log_sum = log₂ Σ exp(scale Q Kᵀ) of every query.
void ck_attend(ck_attention_head head, ck_matrix y, CK_OUT log_sum, CK_OUT scratch);
/// Gradients of queries, keys and values from dy, with the log_sum of ck_attend and delta = Σ dy ∘ y of every query.
void ck_attend_gradient(ck_attention_head head, ck_matrix dy, CK_IN log_sum, CK_IN delta, ck_matrix dquery,
                        ck_matrix dkey, ck_matrix dvalue, CK_OUT scratch);

// embedding.c -----------------------------------------------------------------------------------------------------

/// y[i] = table[ids[i]]
void ck_gather(int64_t rows, int64_t columns, const int32_t *_Nonnull ids, CK_IN table, CK_OUT y);
/// y[i] += table[ids[i]]
void ck_gather_add(int64_t rows, int64_t columns, const int32_t *_Nonnull ids, CK_IN table, CK_OUT y);
/// table[ids[i]] += d[i], in the order of i
void ck_scatter_add(const int32_t *_Nonnull ids, ck_matrix d, ck_matrix table);
/// Rows a, b of x [2 pairs, width] to the row [a, b, a b, a - b] of y [pairs, 4 width].
void ck_pair_features(int64_t pairs, int64_t width, CK_IN x, CK_OUT y);
/// Of [a, b, a b, a - b] from dy to dx.
void ck_pair_features_gradient(int64_t pairs, int64_t width, CK_IN x, CK_IN dy, CK_OUT dx);

// Attention by hashing: yoso.c, normal.c, hadamard.c, buckets.c, collisions.c, selected.c -------------------------

#include "Hashing.h"

// features.c ------------------------------------------------------------------------------------------------------

/// x = elu(x) + 1
void ck_elu_plus_one(int64_t n, CK_OUT x);
/// d *= elu'(x), for y = elu(x) + 1
void ck_elu_plus_one_gradient(int64_t n, CK_IN y, CK_OUT d);
/// y = 1 / (1 + exp(-x))
void ck_sigmoid(ck_matrix x, ck_matrix y);
/// d *= y (1 - y), for y the sigmoid of x
void ck_sigmoid_gradient(CK_IN y, ck_matrix d);
/// y[i] = factors[i] x[i], row by row
void ck_scale_rows(CK_IN factors, ck_matrix x, ck_matrix y);
/// In place of the projections y [rows, features] of x: exp(y - |scale x|² / 2 - max) + 1e-4, with the maximum of each row,
/// or of all rows where `together`.
void ck_positive_features(int64_t features, float scale, int32_t together, ck_matrix x, CK_OUT y);
/// d becomes the gradient of the exponents, and dx what flows from them by |scale x|² / 2.
void ck_positive_features_gradient(int64_t features, float scale, ck_matrix x, CK_IN y, CK_OUT d, ck_matrix dx);
/// Rows become orthogonal within each block of `columns` (Gram and Schmidt), and as long as those of `lengths`.
void ck_orthogonalize(int64_t rows, int64_t columns, CK_IN lengths, CK_OUT x);
/// Of sums [rows, columns + 1]: y = the first columns over the last, which goes to `denominators`.
void ck_quotients(ck_matrix sums, CK_OUT denominators, ck_matrix y);
/// dsums [rows, columns + 1] = [d, -d · y] / denominator, row by row.
void ck_quotients_gradient(CK_IN denominators, ck_matrix y, ck_matrix d, CK_OUT dsums);
/// factors[i] = exp(floor - m), s = exp(s - m), with m the maximum of the row and of `floor`.
void ck_exponentiate_rows(float floor, ck_matrix s, CK_OUT factors);

// segments.c ------------------------------------------------------------------------------------------------------

/// y[s] = the sum, or the mean, of the rows bounds[s] ..< bounds[s + 1] of x.
void ck_segment_sums(int64_t count, const int64_t *_Nonnull bounds, int32_t means, ck_matrix x, CK_OUT y);
/// dx[i] += the gradient of it from dy
void ck_segment_sums_gradient(int64_t count, const int64_t *_Nonnull bounds, int32_t means, CK_IN dy, ck_matrix dx);

// filter.c --------------------------------------------------------------------------------------------------------

/// A graph filter of attention's outputs A V and A (A V), [rows, columns] each: f = once + (order - 1) (twice - once).
typedef struct {
    int64_t rows, columns, head_columns;
    float order;
    CK_IN weights;  // w, one a head
    CK_IN once;
    CK_IN twice;
} ck_graph_filter;
/// y += w f
void ck_filter(ck_graph_filter filter, CK_OUT y);
/// dweights += d · f by heads; d becomes the gradient of `once`.
void ck_filter_gradient(ck_graph_filter filter, CK_OUT d, CK_OUT dtwice, CK_OUT dweights);

// convolution.c ---------------------------------------------------------------------------------------------------

/// y[i] += Σ over t of kernel[t] x[i + t - window / 2], rows beyond the ends being zero; the kernel is read from its end
/// if `reversed`, which makes it the gradient of x from that of y.
void ck_convolve(int64_t window, CK_IN kernel, int32_t reversed, ck_matrix x, ck_matrix y);
/// dkernel[t] += Σ over i of dy[i] · x[i + t - window / 2]
void ck_convolve_gradient(int64_t window, ck_matrix x, ck_matrix dy, CK_OUT dkernel);

// Steps of optimizers: optimizer.c ---------------------------------------------------------------------------------

#include "Updates.h"

// products_avx512.c -----------------------------------------------------------------------------------------------

// Only where ck_level is AVX-512. A panel is [depth, CK_PRODUCT_COLUMNS] of b, and panels lie behind one another; what is beyond
// the last column is zero.
enum {
    CK_PRODUCT_ROWS = 12,            // of c at a time
    CK_PRODUCT_COLUMNS = 32,         // of a panel
    CK_PRODUCT_DEPTH = 384,          // that is summed up before c is added
    CK_PRODUCT_SCRATCH = 288 * 384,  // floats
};
/// Lays out b, which is x, or its transpose.
void ck_product_pack(int32_t is_transposed, ck_matrix x, CK_OUT panels);
/// Whether tiles half as tall and twice as wide are the faster ones.
int32_t ck_product_is_wide(void);
/// How a product is taken.
typedef struct {
    // By tiles half as tall and twice as wide; whether a is the transpose of x; c += a b.
    int32_t is_wide, is_transposed, accumulates;
    int64_t depth;  // of a
} ck_product;
/// c = a b, or c = start + a b with a row to start from, or c += a b; a is x or its transpose.
/// An element's sums over CK_PRODUCT_DEPTH each are added up in order, whatever the other rows and columns, and the tiles.
void ck_product_multiply(ck_product how, ck_matrix x, CK_IN panels, const float *_Nullable start, ck_matrix c,
                         CK_OUT scratch);

// bf16.c ----------------------------------------------------------------------------------------------------------

// Only where ck_has_bf16. Panels are words of two bf16 numbers, neighbours in depth: a panel of w rows (left) or columns
// (right) is [pairs, w], and panels lie behind one another; what is beyond the edges is zero. For AMX a left panel is
// [pairs / 16, w, 16].
enum {
    CK_BF16_LEFT = 12,   // rows of a left panel, without AMX
    CK_BF16_RIGHT = 32,  // columns of a right panel
};
/// Rows of a left panel.
int32_t ck_bf16_left(void);
/// How many words of a row or column hold this depth: with AMX a multiple of 16.
int64_t ck_bf16_pairs(int64_t depth);

/// Rounds an operand [count, a part of the depth] to bf16, from word `begin` of the panels of the whole depth on. It is x, or the
/// transpose of x if it lies across.
void ck_bf16_pack(int32_t is_left, int32_t is_across, ck_matrix x, int64_t begin, int64_t depth, void *_Nonnull packed);
/// Whether, without AMX, AVX-512's products of float32 are faster than AVX512-BF16's of pairs, or YOSO_KERNELS is AVX512-FMA.
int32_t ck_bf16_is_fused(void);
/// c = a b, or c = start + a b with a row to start from, or c += a b.
/// An element's sum runs over its depth in an order of its own, whatever the other rows and columns, and whether `is_fused`.
void ck_bf16_multiply(int32_t is_fused, int64_t depth, const void *_Nonnull left, const void *_Nonnull right,
                      const float *_Nullable start, int32_t accumulates, ck_matrix c);
/// Where gelu(c) goes: panels of [rows, columns], of which c is a block that begins in a `row` and a `column` of theirs.
typedef struct {
    void *_Nonnull left;
    void *_Nullable right;
    int64_t row, column, rows, columns;
} ck_gelu_panels;
/// c = start + a b, and gelu(c) as a part of a left and, unless null, a right operand, while c is in the cache.
void ck_bf16_multiply_gelu(int32_t is_fused, int64_t depth, const void *_Nonnull left, const void *_Nonnull right,
                           const float *_Nullable start, ck_matrix c, ck_gelu_panels gelu);

// wire.c ----------------------------------------------------------------------------------------------------------

/// x = bf16(x): the nearest, of two the one with an even significand.
void ck_round_bf16(int64_t n, CK_OUT x);
/// Rounds them, and leaves them as bf16 numbers, 2 bytes each, in the first half of their own memory.
void ck_narrow_bf16(int64_t n, CK_OUT x);
/// Makes floats of bf16 numbers in the second half of their memory.
void ck_widen_bf16(int64_t n, CK_OUT x);

// level.c ---------------------------------------------------------------------------------------------------------

/// The instruction level that the loader picked for the functions above: "AVX-512", "AVX2" or "baseline"; AVX2 wherever
/// the package was built so.
const char *_Nonnull ck_level(void);
/// Whether the CPU has AVX512-BF16, and the package was not built for AVX2 or as baseline.
int32_t ck_has_bf16(void);
/// Whether AMX multiplies bf16 numbers: 1, or 2 where YOSO_KERNELS is EmulatedAMX and AVX512-BF16 stands for it; 0 where the CPU has
/// none or YOSO_KERNELS is AVX-512, AVX512-BF16 or AVX512-FMA, -1 where the system refuses it.
int32_t ck_amx(void);
/// What multiplies bf16 numbers: "AMX", "EmulatedAMX", "AVX512-BF16", where ck_bf16_is_fused "AVX512-FMA", or "none".
const char *_Nonnull ck_bf16_kernel(void);

#undef CK_IN
#undef CK_OUT
#undef CK_CODES
#undef CK_NEAREST
#endif
