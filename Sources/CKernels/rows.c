#include "CKernels.h"
#include "mathematics.h"

// Functions with vector arguments are all inlined: no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"

// Reading weights is what a product of one row costs: four rows are read side by side, 4 KiB ahead of their use.
enum { LANES = 16, STEP = 2 * LANES, ROWS = 4, AHEAD = 4096 };

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef int32_t integers __attribute__((vector_size(4 * LANES)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES)));

typedef enum { F32, BF16, F16 } weight_type;

// The bits of halves as float32: another bias of the exponent, whole numbers times 2^-24 where that is zero.
LORAD_INLINE words f16_bits(words h) {
    const words rebias = (words){0} + (112u << 23), exponent = h & 0x7c00, magnitude = (h & 0x7fff) << 13;
    const words special = (words)(exponent == 0x7c00) & rebias, is_tiny = (words)(exponent == 0);
    const words tiny = (words)(__builtin_convertvector((integers)(h & 0x7fff), floats) * 0x1p-24f);
    return (is_tiny & tiny) | (~is_tiny & (magnitude + rebias + special)) | (h & 0x8000) << 16;
}

LORAD_INLINE floats load(const void *weights, size_t i, weight_type type) {
    if (type == F32) {
        floats result;
        memcpy(&result, (const float *)weights + i, sizeof result);
        return result;
    }
    halves packed;
    memcpy(&packed, (const uint16_t *)weights + i, sizeof packed);
    const words wide = __builtin_convertvector(packed, words);
    return (floats)(type == BF16 ? wide << 16 : f16_bits(wide));
}

LORAD_INLINE float load_one(const void *weights, size_t i, weight_type type) {
    if (type == F32) return ((const float *)weights)[i];
    const words wide = {((const uint16_t *)weights)[i]};
    return ((floats)(type == BF16 ? wide << 16 : f16_bits(wide)))[0];
}

LORAD_INLINE float sum(floats x) {
    LORAD_REASSOCIATE
    float total = 0;
    for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}

// y[r] = weights[r, n] x for `count` rows.
LORAD_INLINE void some_rows(const void *weights, size_t ld, const float *x, float *y, int count, size_t n, int adding,
                            weight_type type) {
    LORAD_REASSOCIATE
    floats sums[ROWS] = {0};
    const size_t size = type == F32 ? 4 : 2, whole = n - n % STEP;
    for (size_t j = 0; j < whole; j += STEP) {
        floats low, high;
        memcpy(&low, x + j, sizeof low);
        memcpy(&high, x + j + LANES, sizeof high);
        for (int r = 0; r < count; r++) {
            const size_t at = (size_t)r * ld + j;
            for (size_t line = 0; line < STEP * size; line += 64)
                __builtin_prefetch((const char *)weights + at * size + line + AHEAD, 0, 3);
            sums[r] += load(weights, at, type) * low;
            sums[r] += load(weights, at + LANES, type) * high;
        }
    }
    for (int r = 0; r < count; r++) {
        float total = sum(sums[r]);
        for (size_t j = whole; j < n; j++) total += load_one(weights, (size_t)r * ld + j, type) * x[j];
        y[r] = adding ? y[r] + total : total;
    }
}

LORAD_INLINE void row_product(const void *weights, size_t ld, const float *x, float *y, size_t rows, size_t n,
                              int adding, weight_type type) {
    const size_t size = type == F32 ? 4 : 2;
    size_t i = 0;
    for (; i + ROWS <= rows; i += ROWS)
        some_rows((const char *)weights + i * ld * size, ld, x, y + i, ROWS, n, adding, type);
    for (; i < rows; i++) some_rows((const char *)weights + i * ld * size, ld, x, y + i, 1, n, adding, type);
}

LORAD_CLONES void lorad_row_product_f32(const float *w, size_t ld, const float *x, float *y, size_t rows, size_t n,
                                        int adding) {
    row_product(w, ld, x, y, rows, n, adding, F32);
}

LORAD_CLONES void lorad_row_product_bf16(const lorad_bf16 *w, size_t ld, const float *x, float *y, size_t rows,
                                         size_t n, int adding) {
    row_product(w, ld, x, y, rows, n, adding, BF16);
}

LORAD_CLONES void lorad_row_product_f16(const lorad_f16 *w, size_t ld, const float *x, float *y, size_t rows, size_t n,
                                        int adding) {
    row_product(w, ld, x, y, rows, n, adding, F16);
}

LORAD_INLINE float element(const void *x, size_t i, int is_half) {
    if (!is_half) return ((const float *)x)[i];
    const uint32_t bits = (uint32_t)((const lorad_bf16 *)x)[i] << 16;
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

LORAD_INLINE void attend(const float *restrict q, const void *restrict keys, const void *restrict values,
                         float *restrict scores, float *restrict y, size_t heads, size_t n, size_t d, float scale,
                         int is_half) {
    LORAD_REASSOCIATE
    for (size_t j = 0; j < n; j++)
        for (size_t h = 0; h < heads; h++) {
            float total = 0;
            for (size_t i = 0; i < d; i++) total += q[h * d + i] * element(keys, j * d + i, is_half);
            scores[h * n + j] = total * scale;
        }
    for (size_t h = 0; h < heads; h++) {
        float *restrict row = scores + h * n;
        float top = row[0], total = 0;
        for (size_t j = 1; j < n; j++) top = row[j] > top ? row[j] : top;
        for (size_t j = 0; j < n; j++) {
            row[j] = lorad_exp(row[j] - top);
            total += row[j];
        }
        for (size_t j = 0; j < n; j++) row[j] /= total;
    }
    for (size_t i = 0; i < heads * d; i++) y[i] = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t h = 0; h < heads; h++) {
            const float p = scores[h * n + j];
            for (size_t i = 0; i < d; i++) y[h * d + i] += p * element(values, j * d + i, is_half);
        }
}

LORAD_CLONES void lorad_attend_f32(const float *q, const float *keys, const float *values, float *scores, float *y,
                                   size_t heads, size_t n, size_t d, float scale) {
    attend(q, keys, values, scores, y, heads, n, d, scale, 0);
}

LORAD_CLONES void lorad_attend_bf16(const float *q, const lorad_bf16 *keys, const lorad_bf16 *values, float *scores,
                                    float *y, size_t heads, size_t n, size_t d, float scale) {
    attend(q, keys, values, scores, y, heads, n, d, scale, 1);
}
