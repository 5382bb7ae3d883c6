#include "CKernels.h"
#include "mathematics.h"

// The columns that row i may see.
LORAD_INLINE void visible(size_t i, size_t n, size_t offset, int causal, size_t window, size_t *first, size_t *last) {
    const size_t end = offset + i + 1;
    *last = causal && end < n ? end : n;
    *first = window > 0 && end > window ? end - window : 0;
}

LORAD_INLINE void clear_outside(float *row, size_t n, size_t first, size_t last) {
    for (size_t j = 0; j < first; j++) row[j] = 0;
    for (size_t j = last; j < n; j++) row[j] = 0;
}

LORAD_CLONES void lorad_softmax(float *restrict scores, float *restrict log_sum, size_t rows, size_t n, size_t offset,
                                int causal, size_t window, float scale) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        float *restrict row = scores + i * n;
        size_t first, last;
        visible(i, n, offset, causal, window, &first, &last);
        float top = row[first], sum = 0;
        for (size_t j = first; j < last; j++) top = row[j] > top ? row[j] : top;
        top *= scale;
        for (size_t j = first; j < last; j++) {
            row[j] = lorad_exp(row[j] * scale - top);
            sum += row[j];
        }
        const float inverse = 1.0f / sum;
        for (size_t j = first; j < last; j++) row[j] *= inverse;
        clear_outside(row, n, first, last);
        log_sum[i] = top + logf(sum);
    }
}

LORAD_CLONES void lorad_softmax_again(float *restrict scores, const float *restrict log_sum, size_t rows, size_t n,
                                      size_t offset, int causal, size_t window, float scale) {
    for (size_t i = 0; i < rows; i++) {
        float *restrict row = scores + i * n;
        size_t first, last;
        visible(i, n, offset, causal, window, &first, &last);
        for (size_t j = first; j < last; j++) row[j] = lorad_exp(row[j] * scale - log_sum[i]);
        clear_outside(row, n, first, last);
    }
}

LORAD_CLONES void lorad_softmax_pullback(const float *restrict p, float *restrict dp, size_t rows, size_t n,
                                         float scale) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict pi = p + i * n;
        float *restrict di = dp + i * n;
        float mean = 0;
        for (size_t j = 0; j < n; j++) mean += pi[j] * di[j];
        for (size_t j = 0; j < n; j++) di[j] = pi[j] * (di[j] - mean) * scale;
    }
}

LORAD_CLONES void lorad_rotate(const float *restrict x, size_t x_ld, float *restrict y, size_t y_ld,
                               const float *restrict cosine, const float *restrict sine,
                               const int32_t *restrict positions, size_t rows, size_t half, float sign) {
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * x_ld;
        float *restrict yi = y + i * y_ld;
        if (!cosine) {
            memcpy(yi, xi, 2 * half * sizeof(float));
            continue;
        }
        const float *restrict c = cosine + (size_t)positions[i] * half;
        const float *restrict s = sine + (size_t)positions[i] * half;
        for (size_t j = 0; j < half; j++) {
            const float a = xi[j], b = xi[j + half];
            yi[j] = a * c[j] - sign * b * s[j];
            yi[j + half] = b * c[j] + sign * a * s[j];
        }
    }
}

LORAD_CLONES static double row_cross_entropy(float *restrict row, int32_t label, uint8_t *hit, size_t n) {
    LORAD_REASSOCIATE
    float top = row[0], sum = 0;
    for (size_t j = 1; j < n; j++) top = row[j] > top ? row[j] : top;
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
