#include "mathematics.h"
#include "types.h"

LORAD_INLINE void rms_norm(const float *restrict x, const float *restrict w, void *restrict y, enum lorad_type y_type,
                           float *restrict inverse_rms, size_t rows, size_t n, float epsilon) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        void *yi = element(y, y_type, i * n);
        float squares = 0;
        for (size_t j = 0; j < n; j++) squares += xi[j] * xi[j];
        const float r = 1.0f / sqrtf(squares / (float)n + epsilon);
        inverse_rms[i] = r;
        for (size_t j = 0; j < n; j++) store(yi, y_type, j, xi[j] * r * w[j]);
    }
}

LORAD_CLONES void lorad_rms_norm(const float *x, const float *w, void *y, enum lorad_type y_type, float *inverse_rms,
                                 size_t rows, size_t n, float epsilon) {
    if (y_type == LORAD_BF16)
        rms_norm(x, w, y, LORAD_BF16, inverse_rms, rows, n, epsilon);
    else
        rms_norm(x, w, y, LORAD_F32, inverse_rms, rows, n, epsilon);
}

// With h = x r and r = 1 / rms: dx = r (w dy - h mean(w dy h)), dw = dy h.
LORAD_CLONES void lorad_rms_norm_pullback(const float *restrict dy, const float *restrict x, const float *restrict w,
                                          const float *restrict inverse_rms, float *restrict dx, int adds,
                                          float *restrict dw, size_t rows, size_t n) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        const float *restrict di = dy + i * n;
        const float r = inverse_rms[i];
        float along = 0;
        for (size_t j = 0; j < n; j++) along += w[j] * di[j] * xi[j];
        const float back = along * r * r / (float)n;
        if (adds)
            for (size_t j = 0; j < n; j++) dx[i * n + j] += r * (w[j] * di[j] - xi[j] * back);
        else
            for (size_t j = 0; j < n; j++) dx[i * n + j] = r * (w[j] * di[j] - xi[j] * back);
        if (dw)
            for (size_t j = 0; j < n; j++) dw[j] += di[j] * xi[j] * r;
    }
}

LORAD_INLINE void layer_norm(const float *restrict x, const float *restrict w, const float *restrict b, void *restrict y,
                             enum lorad_type y_type, float *restrict statistics, size_t rows, size_t n,
                             float epsilon) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        void *yi = element(y, y_type, i * n);
        float sum = 0, squares = 0;
        for (size_t j = 0; j < n; j++) sum += xi[j];
        const float mean = sum / (float)n;
        for (size_t j = 0; j < n; j++) squares += (xi[j] - mean) * (xi[j] - mean);
        const float r = 1.0f / sqrtf(squares / (float)n + epsilon);
        statistics[2 * i] = mean;
        statistics[2 * i + 1] = r;
        for (size_t j = 0; j < n; j++) store(yi, y_type, j, (xi[j] - mean) * r * w[j] + b[j]);
    }
}

LORAD_CLONES void lorad_layer_norm(const float *x, const float *w, const float *b, void *y, enum lorad_type y_type,
                                   float *statistics, size_t rows, size_t n, float epsilon) {
    if (y_type == LORAD_BF16)
        layer_norm(x, w, b, y, LORAD_BF16, statistics, rows, n, epsilon);
    else
        layer_norm(x, w, b, y, LORAD_F32, statistics, rows, n, epsilon);
}

// With h = (x - mean) r: dx = r (w dy - mean(w dy) - h mean(w dy h)), dw = dy h, db = dy.
LORAD_CLONES void lorad_layer_norm_pullback(const float *restrict dy, const float *restrict x,
                                            const float *restrict w, const float *restrict statistics,
                                            float *restrict dx, int adds, float *restrict dw, float *restrict db,
                                            size_t rows, size_t n) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        const float *restrict di = dy + i * n;
        const float mean = statistics[2 * i], r = statistics[2 * i + 1];
        float sum = 0, along = 0;
        for (size_t j = 0; j < n; j++) {
            const float g = w[j] * di[j];
            sum += g;
            along += g * (xi[j] - mean);
        }
        const float level = sum / (float)n, back = along * r * r / (float)n;
        if (adds)
            for (size_t j = 0; j < n; j++) dx[i * n + j] += r * (w[j] * di[j] - level - (xi[j] - mean) * back);
        else
            for (size_t j = 0; j < n; j++) dx[i * n + j] = r * (w[j] * di[j] - level - (xi[j] - mean) * back);
        if (dw)
            for (size_t j = 0; j < n; j++) dw[j] += di[j] * (xi[j] - mean) * r;
        if (db)
            for (size_t j = 0; j < n; j++) db[j] += di[j];
    }
}
