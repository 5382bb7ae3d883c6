#include "CKernels.h"
#include "clones.h"
#include <string.h>

LORAD_CLONES void lorad_f32_to_bf16(const float *restrict x, lorad_bf16 *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        uint32_t quiet = (bits >> 16) | 0x40;
        y[i] = (lorad_bf16)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
    }
}

LORAD_CLONES void lorad_bf16_to_f32(const lorad_bf16 *restrict x, float *restrict y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, 4);
    }
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

void lorad_pack_bf16(const lorad_bf16 *x, size_t ld, float *y, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++) lorad_bf16_to_f32(x + i * ld, y + i * n, n);
}
