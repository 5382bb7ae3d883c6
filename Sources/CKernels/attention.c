#include "mathematics.h"
#include "types.h"

// The columns that row i attends to.
LORAD_INLINE void visible(const struct lorad_mask *mask, size_t i, size_t *first, size_t *last) {
    const size_t query = i / mask->group, end = mask->offset + query + 1;
    *last = query >= mask->valid ? 0 : mask->causal && end < mask->n ? end : mask->n;
    *first = query < mask->valid && mask->window > 0 && end > mask->window ? end - mask->window : 0;
}

// 0 in the columns that a row does not attend to.
LORAD_INLINE void clear_outside(void *row, enum lorad_type type, size_t n, size_t first, size_t last) {
    const size_t size = type == LORAD_BF16 ? 2 : 4;
    memset(row, 0, first * size);
    memset((char *)row + last * size, 0, (n - last) * size);
}

// The largest of x[0], ..., x[n - 1]: by lanes, since a maximum in the order of elements does not vectorise.
LORAD_INLINE float largest(const float *x, size_t n) {
    enum { LANES = 16 };
    if (n < LANES) {
        float top = x[0];
        for (size_t j = 1; j < n; j++) top = x[j] > top ? x[j] : top;
        return top;
    }
    float tops[LANES];
    memcpy(tops, x + n - LANES, sizeof tops);
    for (size_t j = 0; j + LANES <= n; j += LANES)
        for (size_t l = 0; l < LANES; l++) tops[l] = x[j + l] > tops[l] ? x[j + l] : tops[l];
    for (size_t width = LANES / 2; width > 0; width /= 2)
        for (size_t l = 0; l < width; l++) tops[l] = tops[l + width] > tops[l] ? tops[l + width] : tops[l];
    return tops[0];
}

LORAD_CLONES void lorad_exponentials(float *scores, lorad_bf16 *half, float *inverse, float *log_sum,
                                     const struct lorad_mask *mask) {
    LORAD_REASSOCIATE
    const size_t n = mask->n;
    const float scale = mask->scale;
    for (size_t i = 0; i < mask->rows; i++) {
        float *restrict row = scores + i * n;
        size_t first, last;
        visible(mask, i, &first, &last);
        const float top = last > 0 ? scale * largest(row + first, last - first) : 0;
        float sum = 0;
        if (half) {
            lorad_bf16 *restrict narrow = half + i * n;
            for (size_t j = first; j < last; j++) {
                narrow[j] = lorad_narrow(lorad_exp(row[j] * scale - top));
                sum += lorad_widen(narrow[j]);
            }
            clear_outside(narrow, LORAD_BF16, n, first, last);
        } else {
            for (size_t j = first; j < last; j++) {
                row[j] = lorad_exp(row[j] * scale - top);
                sum += row[j];
            }
            clear_outside(row, LORAD_F32, n, first, last);
        }
        inverse[i] = sum > 0 ? 1.0f / sum : 0;
        log_sum[i] = top + logf(sum);
    }
}

LORAD_INLINE void scale_rows(const float *restrict x, const float *restrict factors, void *restrict y,
                             enum lorad_type y_type, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) store(y, y_type, i * n + j, factors[i] * x[i * n + j]);
}

LORAD_CLONES void lorad_scale_rows(const float *x, const float *factors, void *y, enum lorad_type y_type, size_t rows,
                                   size_t n) {
    if (y_type == LORAD_BF16)
        scale_rows(x, factors, y, LORAD_BF16, rows, n);
    else
        scale_rows(x, factors, y, LORAD_F32, rows, n);
}

LORAD_CLONES void lorad_softmax_pullback(float *scores, float *dp, lorad_bf16 *half_p, lorad_bf16 *half_dscores,
                                         const float *log_sum, const struct lorad_mask *mask) {
    LORAD_REASSOCIATE
    const size_t n = mask->n;
    const float scale = mask->scale;
    for (size_t i = 0; i < mask->rows; i++) {
        float *restrict p = scores + i * n;
        float *restrict d = dp + i * n;
        lorad_bf16 *restrict narrow_p = half_p ? half_p + i * n : NULL;
        lorad_bf16 *restrict narrow_d = half_p ? half_dscores + i * n : NULL;
        size_t first, last;
        visible(mask, i, &first, &last);
        float mean = 0;
        for (size_t j = first; j < last; j++) {
            p[j] = lorad_exp(p[j] * scale - log_sum[i]);
            mean += p[j] * d[j];
        }
        if (narrow_p) {
            for (size_t j = first; j < last; j++) {
                narrow_p[j] = lorad_narrow(p[j]);
                narrow_d[j] = lorad_narrow(p[j] * (d[j] - mean) * scale);
            }
            clear_outside(narrow_p, LORAD_BF16, n, first, last);
            clear_outside(narrow_d, LORAD_BF16, n, first, last);
        } else {
            for (size_t j = first; j < last; j++) d[j] = p[j] * (d[j] - mean) * scale;
            clear_outside(p, LORAD_F32, n, first, last);
            clear_outside(d, LORAD_F32, n, first, last);
        }
    }
}

// y = x turned by an angle whose sine has been given its sign.
LORAD_INLINE void turn(const void *restrict x, enum lorad_type x_type, void *restrict y, enum lorad_type y_type,
                       const float *restrict cosine, const float *restrict sine, float sign, size_t half) {
    for (size_t j = 0; j < half; j++) {
        const float a = load(x, x_type, j), b = load(x, x_type, j + half);
        store(y, y_type, j, a * cosine[j] - sign * b * sine[j]);
        store(y, y_type, j + half, b * cosine[j] + sign * a * sine[j]);
    }
}

LORAD_INLINE void copy(const void *restrict x, enum lorad_type x_type, void *restrict y, enum lorad_type y_type,
                       size_t n) {
    for (size_t j = 0; j < n; j++) store(y, y_type, j, load(x, x_type, j));
}

LORAD_INLINE void move_heads(const void *from, enum lorad_type from_type, void *to, enum lorad_type to_type,
                             int splits, const struct lorad_heads *h) {
    const size_t half = h->width / 2;
    for (size_t i = 0; i < h->rows; i++) {
        const size_t angle = h->cosine ? (size_t)h->positions[i] * half : 0;
        for (size_t head = 0; head < h->heads; head++) {
            const size_t column = i * h->ld + head * h->width;
            const size_t row = ((head / h->group * h->stride + i) * h->group + head % h->group) * h->width;
            const void *x = element(from, from_type, splits ? column : row);
            void *y = element(to, to_type, splits ? row : column);
            if (h->cosine)
                turn(x, from_type, y, to_type, h->cosine + angle, h->sine + angle, splits ? 1.0f : -1.0f, half);
            else
                copy(x, from_type, y, to_type, h->width);
        }
    }
}

#define MOVE_HEADS(splits) \
    if (from_type == LORAD_BF16 && to_type == LORAD_BF16) \
        move_heads(from, LORAD_BF16, to, LORAD_BF16, splits, heads); \
    else if (from_type == LORAD_BF16) \
        move_heads(from, LORAD_BF16, to, LORAD_F32, splits, heads); \
    else if (to_type == LORAD_BF16) \
        move_heads(from, LORAD_F32, to, LORAD_BF16, splits, heads); \
    else \
        move_heads(from, LORAD_F32, to, LORAD_F32, splits, heads);

LORAD_CLONES void lorad_split_heads(const void *from, enum lorad_type from_type, void *to, enum lorad_type to_type,
                                    const struct lorad_heads *heads) {
    MOVE_HEADS(1)
}

LORAD_CLONES void lorad_join_heads(const void *from, enum lorad_type from_type, void *to, enum lorad_type to_type,
                                   const struct lorad_heads *heads) {
    MOVE_HEADS(0)
}

LORAD_CLONES static double row_cross_entropy(float *restrict row, int32_t label, uint8_t *hit, size_t n) {
    LORAD_REASSOCIATE
    const float top = largest(row, n);
    float sum = 0;
    const float target = row[label] - top;
    if (hit) {
        *hit = target == 0;
        for (int32_t j = 0; *hit && j < label; j++) *hit = row[j] != top;
    }
    for (size_t j = 0; j < n; j++) {
        row[j] = lorad_exp(row[j] - top);
        sum += row[j];
    }
    const float inverse = 1.0f / sum;
    for (size_t j = 0; j < n; j++) row[j] *= inverse;
    row[label] -= 1.0f;
    return log((double)sum) - target;
}

double lorad_cross_entropy(float *logits, const int32_t *labels, uint8_t *hits, size_t rows, size_t n) {
    double total = 0;
    for (size_t i = 0; i < rows; i++)
        total += row_cross_entropy(logits + i * n, labels[i], hits ? hits + i : NULL, n);
    return total;
}

void lorad_patches(const float *picture, float *rows, size_t channels, size_t height, size_t width, size_t patch) {
    for (size_t y = 0; y + patch <= height; y += patch)
        for (size_t x = 0; x + patch <= width; x += patch)
            for (size_t c = 0; c < channels; c++)
                for (size_t i = 0; i < patch; i++, rows += patch)
                    memcpy(rows, picture + (c * height + y + i) * width + x, patch * sizeof(float));
}
