#include "types.h"

LORAD_CLONES void lorad_f32_to_bf16(const float *restrict x, lorad_bf16 *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = lorad_narrow(x[i]);
}

LORAD_CLONES void lorad_bf16_to_f32(const lorad_bf16 *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = lorad_widen(x[i]);
}

LORAD_CLONES void lorad_f32_to_f16(const float *restrict x, lorad_f16 *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        _Float16 h = (_Float16)x[i];
        memcpy(y + i, &h, 2);
    }
}

LORAD_CLONES void lorad_f16_to_f32(const lorad_f16 *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        _Float16 h;
        memcpy(&h, x + i, 2);
        y[i] = (float)h;
    }
}
