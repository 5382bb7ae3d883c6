#include "CKernels.h"
#include "mathematics.h"

LORAD_CLONES void lorad_add(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

LORAD_CLONES void lorad_add_bf16(float *restrict y, const lorad_bf16 *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)x[i] << 16;
        float value;
        memcpy(&value, &bits, 4);
        y[i] += value;
    }
}

LORAD_CLONES void lorad_scale(float *y, float s, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= s;
}

LORAD_CLONES void lorad_axpy(float *restrict y, float s, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += s * x[i];
}

LORAD_CLONES double lorad_dot(const float *restrict x, const float *restrict y, size_t n) {
    LORAD_REASSOCIATE
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * y[i];
    return sum;
}

LORAD_CLONES int lorad_has_nonfinite(const float *x, size_t n) {
    int found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, 4);
        found |= (bits & 0x7f800000) == 0x7f800000;
    }
    return found;
}

LORAD_CLONES void lorad_add_bias(float *restrict y, const float *restrict bias, size_t rows, size_t n, size_t ld) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) y[i * ld + j] += bias[j];
}

LORAD_CLONES void lorad_column_sums(const float *restrict y, float *restrict sums, size_t rows, size_t n, size_t ld) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) sums[j] += y[i * ld + j];
}

LORAD_INLINE float gelu_tanh_inner(float x) { return 0.7978845608028654f * (x + 0.044715f * x * x * x); }

#define ACTIVATION_LOOP(value) \
    for (size_t i = 0; i < n; i++) { \
        float v = x[i]; \
        y[i] = value; \
    } \
    break;

LORAD_CLONES void lorad_activation(int kind, const float *restrict x, float *restrict y, size_t n) {
    switch (kind) {
    case 0: ACTIVATION_LOOP(0.5f * v * (1.0f + lorad_erf(v * 0.70710678118654752f)))
    case 1: ACTIVATION_LOOP(0.5f * v * (1.0f + lorad_tanh(gelu_tanh_inner(v))))
    case 2: ACTIVATION_LOOP(v * lorad_sigmoid(1.702f * v))
    case 3: ACTIVATION_LOOP(v * lorad_sigmoid(v))
    default: ACTIVATION_LOOP(v > 0 ? v : 0)
    }
}

LORAD_INLINE float gelu_erf_slope(float v) {
    return 0.5f * (1.0f + lorad_erf(v * 0.70710678118654752f)) + v * 0.3989422804014327f * lorad_exp(-0.5f * v * v);
}

LORAD_INLINE float gelu_tanh_slope(float v) {
    float t = lorad_tanh(gelu_tanh_inner(v));
    float inner = 0.7978845608028654f * (1.0f + 3 * 0.044715f * v * v);
    return 0.5f * (1.0f + t) + 0.5f * v * (1.0f - t * t) * inner;
}

LORAD_INLINE float sigmoid_product_slope(float v, float b) {
    float s = lorad_sigmoid(b * v);
    return s * (1.0f + b * v * (1.0f - s));
}

#define SLOPE_LOOP(slope) \
    for (size_t i = 0; i < n; i++) { \
        float v = x[i]; \
        dx[i] = dy[i] * (slope); \
    } \
    break;

LORAD_CLONES void lorad_activation_pullback(int kind, const float *restrict dy, const float *restrict x,
                                            float *restrict dx, size_t n) {
    switch (kind) {
    case 0: SLOPE_LOOP(gelu_erf_slope(v))
    case 1: SLOPE_LOOP(gelu_tanh_slope(v))
    case 2: SLOPE_LOOP(sigmoid_product_slope(v, 1.702f))
    case 3: SLOPE_LOOP(sigmoid_product_slope(v, 1.0f))
    default: SLOPE_LOOP(v > 0 ? 1.0f : 0.0f)
    }
}

LORAD_CLONES void lorad_swiglu(const float *restrict gate_up, float *restrict y, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++) {
        const float *restrict gate = gate_up + 2 * i * n;
        const float *restrict up = gate + n;
        for (size_t j = 0; j < n; j++) y[i * n + j] = gate[j] * lorad_sigmoid(gate[j]) * up[j];
    }
}

LORAD_CLONES void lorad_swiglu_pullback(const float *restrict dy, const float *restrict gate_up,
                                        float *restrict dgate_up, size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++) {
        const float *restrict gate = gate_up + 2 * i * n;
        const float *restrict up = gate + n;
        float *restrict dgate = dgate_up + 2 * i * n;
        float *restrict dup = dgate + n;
        for (size_t j = 0; j < n; j++) {
            float s = lorad_sigmoid(gate[j]);
            float d = dy[i * n + j];
            dup[j] = d * gate[j] * s;
            dgate[j] = d * up[j] * s * (1.0f + gate[j] * (1.0f - s));
        }
    }
}

// A bijective 64-bit mix (Stafford's variant 13 of the MurmurHash3 finaliser, as in SplitMix64).
LORAD_INLINE uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

LORAD_CLONES void lorad_dropout(const float *restrict x, float *restrict y, size_t n, float p, uint64_t key) {
    const float keep = 1.0f / (1.0f - p);
    const uint32_t threshold = (uint32_t)(p * 16777216.0f);
    for (size_t i = 0; i < n; i++) {
        uint32_t draw = (uint32_t)(mix(key + i * 0x9e3779b97f4a7c15u) >> 40);
        y[i] = draw < threshold ? 0.0f : x[i] * keep;
    }
}

LORAD_CLONES void lorad_adamw(float *restrict p, const float *restrict g, float *restrict m, float *restrict v,
                              size_t n, float gradient_scale, float rate, float beta1, float beta2, float epsilon,
                              float weight_decay, float correction1, float correction2) {
    const float step = rate / correction1;
    const float root = 1.0f / sqrtf(correction2);
    for (size_t i = 0; i < n; i++) {
        float d = g[i] * gradient_scale;
        m[i] = beta1 * m[i] + (1.0f - beta1) * d;
        v[i] = beta2 * v[i] + (1.0f - beta2) * d * d;
        p[i] = p[i] * (1.0f - rate * weight_decay) - step * m[i] / (sqrtf(v[i]) * root + epsilon);
    }
}
