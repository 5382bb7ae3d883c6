#include "CKernels.h"
#include "mathematics.h"

LORAD_CLONES void lorad_rms_norm(const float *restrict x, const float *restrict w, float *restrict y,
                                 float *restrict inverse_rms, size_t rows, size_t n, float epsilon) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        float *restrict yi = y + i * n;
        float squares = 0;
        for (size_t j = 0; j < n; j++) squares += xi[j] * xi[j];
        float r = 1.0f / sqrtf(squares / (float)n + epsilon);
        inverse_rms[i] = r;
        for (size_t j = 0; j < n; j++) yi[j] = xi[j] * r * w[j];
    }
}

// With h = x r and r = 1 / rms: dx = r (w dy - h mean(w dy h)), dw = dy h.
LORAD_CLONES void lorad_rms_norm_pullback(const float *restrict dy, const float *restrict x, const float *restrict w,
                                          const float *restrict inverse_rms, float *restrict dx, float *restrict dw,
                                          size_t rows, size_t n) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        const float *restrict di = dy + i * n;
        const float r = inverse_rms[i];
        float along = 0;
        for (size_t j = 0; j < n; j++) along += w[j] * di[j] * xi[j];
        const float back = along * r * r / (float)n;
        for (size_t j = 0; j < n; j++) dx[i * n + j] = r * (w[j] * di[j] - xi[j] * back);
        if (dw)
            for (size_t j = 0; j < n; j++) dw[j] += di[j] * xi[j] * r;
    }
}

LORAD_CLONES void lorad_layer_norm(const float *restrict x, const float *restrict w, const float *restrict b,
                                   float *restrict y, float *restrict statistics, size_t rows, size_t n,
                                   float epsilon) {
    LORAD_REASSOCIATE
    for (size_t i = 0; i < rows; i++) {
        const float *restrict xi = x + i * n;
        float sum = 0, squares = 0;
        for (size_t j = 0; j < n; j++) sum += xi[j];
        const float mean = sum / (float)n;
        for (size_t j = 0; j < n; j++) squares += (xi[j] - mean) * (xi[j] - mean);
        const float r = 1.0f / sqrtf(squares / (float)n + epsilon);
        statistics[2 * i] = mean;
        statistics[2 * i + 1] = r;
        for (size_t j = 0; j < n; j++) y[i * n + j] = (xi[j] - mean) * r * w[j] + b[j];
    }
}

// With h = (x - mean) r: dx = r (w dy - mean(w dy) - h mean(w dy h)), dw = dy h, db = dy.
LORAD_CLONES void lorad_layer_norm_pullback(const float *restrict dy, const float *restrict x,
                                            const float *restrict w, const float *restrict statistics,
                                            float *restrict dx, float *restrict dw, float *restrict db, size_t rows,
                                            size_t n) {
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
        for (size_t j = 0; j < n; j++) dx[i * n + j] = r * (w[j] * di[j] - level - (xi[j] - mean) * back);
        if (dw)
            for (size_t j = 0; j < n; j++) dw[j] += di[j] * (xi[j] - mean) * r;
        if (db)
            for (size_t j = 0; j < n; j++) db[j] += di[j];
    }
}
