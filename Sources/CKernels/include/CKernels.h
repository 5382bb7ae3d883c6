// Elementwise loops and reductions that Swift cannot vectorise. Every function works on the calling thread alone,
// allocates nothing and holds no state. Matrices are row-major; `n` is a row's length; sums run in a fixed order.
#ifndef LORAD_CKERNELS_H
#define LORAD_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef uint16_t lorad_bf16;
typedef uint16_t lorad_f16;

// Tells the processor that a loop waits for another thread.
static inline void lorad_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Conversions (round to nearest, ties to even).
void lorad_f32_to_bf16(const float *x, lorad_bf16 *y, size_t n);
void lorad_bf16_to_f32(const lorad_bf16 *x, float *y, size_t n);
void lorad_f32_to_f16(const float *x, lorad_f16 *y, size_t n);
void lorad_f16_to_f32(const lorad_f16 *x, float *y, size_t n);

// Operands that may be float32 (0) or bfloat16 (1); the arithmetic is float32.
enum lorad_type { LORAD_F32 = 0, LORAD_BF16 = 1 };

// y += x; y *= s; y += s x; y = s x.
void lorad_add(float *y, const float *x, size_t n);
void lorad_add_bf16(float *y, const lorad_bf16 *x, size_t n);
void lorad_scale(float *y, float s, size_t n);
void lorad_axpy(float *y, float s, const float *x, size_t n);
void lorad_scaled(const float *x, float s, void *y, enum lorad_type y_type, size_t n);
double lorad_dot(const float *x, const float *y, size_t n);
// 1 when a value is NaN or infinite.
int lorad_has_nonfinite(const float *x, size_t n);
// y[rows, n] (leading dimension ld) += bias[n]; sums[n] += column sums of y.
void lorad_add_bias(float *y, const float *bias, size_t rows, size_t n, size_t ld);
void lorad_column_sums(const float *y, float *sums, size_t rows, size_t n, size_t ld);
// z = x y; y[rows, n] = x[rows, n] v[n]; sums[n] += column sums of x y.
void lorad_multiply(const float *x, const float *y, float *z, size_t n);
void lorad_scale_columns(const float *x, const float *v, float *y, size_t rows, size_t n);
void lorad_column_products(const float *x, const float *y, float *sums, size_t rows, size_t n);

// y = x w / rms(x) (arXiv:1910.07467); inverse_rms[rows] is kept for the pullback.
void lorad_rms_norm(const float *x, const float *w, void *y, enum lorad_type y_type, float *inverse_rms, size_t rows,
                    size_t n, float epsilon);
// dx = pullback, added to what dx holds when `adds`; dw += its weight gradient when not NULL.
void lorad_rms_norm_pullback(const float *dy, const float *x, const float *w, const float *inverse_rms, float *dx,
                             int adds, float *dw, size_t rows, size_t n);
// y = (x - mean) / sqrt(var + epsilon) w + b (arXiv:1607.06450); statistics[2 rows] = mean, inverse deviation.
void lorad_layer_norm(const float *x, const float *w, const float *b, void *y, enum lorad_type y_type,
                      float *statistics, size_t rows, size_t n, float epsilon);
void lorad_layer_norm_pullback(const float *dy, const float *x, const float *w, const float *statistics, float *dx,
                               int adds, float *dw, float *db, size_t rows, size_t n);

// Activations: kind 0 gelu (erf), 1 gelu (tanh), 2 x sigmoid(1.702 x), 3 silu, 4 relu.
void lorad_activation(int kind, const void *x, void *y, enum lorad_type type, size_t n);
void lorad_activation_pullback(int kind, const void *dy, enum lorad_type dy_type, const void *x, void *dx,
                               enum lorad_type type, size_t n);
// y = silu(gate) up (arXiv:2002.05202) of n values each.
void lorad_swiglu(const void *gate, const void *up, void *y, enum lorad_type type, size_t n);
void lorad_swiglu_pullback(const void *dy, enum lorad_type dy_type, const void *gate, const void *up, void *dgate,
                           void *dup, enum lorad_type type, size_t n);

// What rows of scores[rows, n] attend to. Row i is of query i / group; queries from `valid` on attend to nothing, the others to
// columns [first, last): last = causal ? min(n, offset + query + 1) : n and
// first = window > 0 ? max(0, offset + query + 1 - window) : 0.
struct lorad_mask {
    size_t rows, n, group, valid, offset, window;
    int causal;
    float scale;
};
// e = exp(scale scores - top) with the row's largest scaled score, where a row attends, 0 elsewhere: in place, or in `half`
// when not NULL. With the sum of a row's e as they are stored, inverse[rows] receives 1 / sum (0 where there is none) and
// log_sum[rows] top + log(sum): softmax is e times the inverse.
void lorad_exponentials(float *scores, lorad_bf16 *half, float *inverse, float *log_sum,
                        const struct lorad_mask *mask);
// y[i, j] = factors[i] x[i, j].
void lorad_scale_rows(const float *x, const float *factors, void *y, enum lorad_type y_type, size_t rows, size_t n);
// p = softmax from scores and log_sum, and dscores = p (dp - sum(p dp)) scale: in place of scores and dp, or in the halves.
void lorad_softmax_pullback(float *scores, float *dp, lorad_bf16 *half_p, lorad_bf16 *half_dscores,
                            const float *log_sum, const struct lorad_mask *mask);

// Columns of heads and rows by head: x[rows, heads width] (leading dimension ld) against y[heads / group, stride, group, width],
// of whose `stride` rows the first `rows` are meant.
// With tables [position, width / 2], each head is turned by its row's position (arXiv:2104.09864, halves rotated): splitting
// turns, joining turns back. NULL tables copy.
struct lorad_heads {
    size_t rows, stride, heads, group, width, ld;
    const float *cosine, *sine;
    const int32_t *positions;
};
void lorad_split_heads(const void *x, enum lorad_type x_type, void *y, enum lorad_type y_type,
                       const struct lorad_heads *heads);
void lorad_join_heads(const void *y, enum lorad_type y_type, void *x, enum lorad_type x_type,
                      const struct lorad_heads *heads);
// One row against many: y[rows] = w[rows, n] x (leading dimension ld), or y += that.
void lorad_row_product_f32(const float *w, size_t ld, const float *x, float *y, size_t rows, size_t n, int adding);
void lorad_row_product_bf16(const lorad_bf16 *w, size_t ld, const float *x, float *y, size_t rows, size_t n, int adding);
void lorad_row_product_f16(const lorad_f16 *w, size_t ld, const float *x, float *y, size_t rows, size_t n, int adding);
// y[heads, d] = softmax(scale q keys^T) values for the queries q[heads, d] of one position, all of which share
// keys[n, d] and values[n, d]; scores[heads, n] is scratch.
void lorad_attend_f32(const float *q, const float *keys, const float *values, float *scores, float *y, size_t heads,
                      size_t n, size_t d, float scale);
void lorad_attend_bf16(const float *q, const lorad_bf16 *keys, const lorad_bf16 *values, float *scores, float *y,
                       size_t heads, size_t n, size_t d, float scale);

// Cross-entropy of each row of logits[rows, n] with its label; logits become softmax - onehot, and hits[i], when not NULL,
// says whether the label was the most probable column, the first of equals as greedy search has it. Returns the sum of
// losses.
double lorad_cross_entropy(float *logits, const int32_t *labels, uint8_t *hits, size_t rows, size_t n);

// y = x mask / (1 - p): the mask is a counter-based function of (key, index), so that it is the same in the pullback.
void lorad_dropout(const float *x, float *y, size_t n, float p, uint64_t key);

// Patches of a [channels, height, width] picture as rows of channels * patch * patch values, left to right, top to bottom.
void lorad_patches(const float *picture, float *rows, size_t channels, size_t height, size_t width, size_t patch);

// AdamW (arXiv:1711.05101) as torch computes it; step counts from 1.
void lorad_adamw(float *p, const float *g, float *m, float *v, size_t n, float gradient_scale, float rate, float beta1,
                 float beta2, float epsilon, float weight_decay, float correction1, float correction2);

// Reductions over the updates x[count][n] of a round, each in its own memory. Sums carry the rounding of each
// addition along (high + low), so that the order of the updates does not show in what is rounded to float32 afterwards.

// high + low += sum of w x.
void lorad_accumulate(double *high, double *low, const float *const *x, const double *w, size_t count, size_t n);
// y = (high + low) / total.
void lorad_quotients(const double *high, const double *low, double total, float *y, size_t n);
// y = (sum of w x) / total: the same numbers as the two above.
void lorad_weighted_mean(const float *const *x, const double *w, size_t count, double total, float *y, size_t n);
// y = mean of the order statistics first...last of each column. `exchanges` are pairs of rows that sort the column when
// the smaller value goes to the first; scratch[count][width] holds the columns in work.
void lorad_ordered_mean(const float *const *x, size_t count, const uint16_t *exchanges, size_t exchange_count,
                        size_t first, size_t last, float *scratch, size_t width, float *y, size_t n);
// |x - y|^2, and the same for the pairs (0, 1), (0, 2), ... (1, 2), ... of updates, added to distances.
double lorad_squared_distance(const float *x, const float *y, size_t n);
void lorad_squared_distances(const float *const *x, size_t count, double *distances, size_t n);

// Whole numbers: each value of x times factor, rounded to the nearest, which must lie within +-2^31.
// The sum of their squares, exact below 2^53 and not below it where the exact one is not.
double lorad_grid_square(const float *x, size_t n, double factor);
// sum += the whole numbers.
void lorad_grid_add(const float *x, int64_t *sum, size_t n, double factor);

// Words of little-endian machines; `random` and `words` are bytes that may lie anywhere.
// y = floor(v) + [random / 2^32 < v - floor(v)] for v = x factor within +-limit, modulo the ring of `mask`.
void lorad_round_to_words(const float *x, uint32_t *y, const void *random, size_t n, double factor, double limit,
                          uint32_t mask);
// sum += sign words, modulo 2^32.
void lorad_add_words(uint32_t *sum, const void *words, size_t n, uint32_t sign);

#endif
