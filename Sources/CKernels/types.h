// Loads and stores of either type; `type` is a constant where these are inlined, so that loops vectorise.
#ifndef LORAD_TYPES_H
#define LORAD_TYPES_H

#include "CKernels.h"
#include "clones.h"
#include <string.h>

LORAD_INLINE lorad_bf16 lorad_narrow(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const uint32_t quiet = (bits >> 16) | 0x40;
    return (lorad_bf16)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

LORAD_INLINE float lorad_widen(lorad_bf16 x) {
    const uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

LORAD_INLINE float load(const void *x, enum lorad_type type, size_t i) {
    return type == LORAD_BF16 ? lorad_widen(((const lorad_bf16 *)x)[i]) : ((const float *)x)[i];
}

LORAD_INLINE void store(void *y, enum lorad_type type, size_t i, float value) {
    if (type == LORAD_BF16)
        ((lorad_bf16 *)y)[i] = lorad_narrow(value);
    else
        ((float *)y)[i] = value;
}

// The address of element i.
LORAD_INLINE void *element(const void *x, enum lorad_type type, size_t i) {
    return (char *)x + i * (type == LORAD_BF16 ? 2 : 4);
}

#endif
