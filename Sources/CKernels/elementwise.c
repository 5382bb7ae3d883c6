#include "mathematics.h"
#include "types.h"

LORAD_CLONES void lorad_add(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

LORAD_CLONES void lorad_add_bf16(float *restrict y, const lorad_bf16 *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += lorad_widen(x[i]);
}

LORAD_CLONES void lorad_scale(float *y, float s, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= s;
}

LORAD_CLONES void lorad_axpy(float *restrict y, float s, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += s * x[i];
}

LORAD_CLONES void lorad_scaled(const float *restrict x, float s, void *restrict y, enum lorad_type y_type, size_t n) {
    if (y_type == LORAD_BF16)
        for (size_t i = 0; i < n; i++) store(y, LORAD_BF16, i, s * x[i]);
    else
        for (size_t i = 0; i < n; i++) store(y, LORAD_F32, i, s * x[i]);
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

LORAD_CLONES void lorad_multiply(const float *restrict x, const float *restrict y, float *restrict z, size_t n) {
    for (size_t i = 0; i < n; i++) z[i] = x[i] * y[i];
}

LORAD_CLONES void lorad_scale_columns(const float *restrict x, const float *restrict v, float *restrict y, size_t rows,
                                      size_t n) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) y[i * n + j] = x[i * n + j] * v[j];
}

LORAD_CLONES void lorad_column_products(const float *restrict x, const float *restrict y, float *restrict sums,
                                        size_t rows, size_t n) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < n; j++) sums[j] += x[i * n + j] * y[i * n + j];
}

LORAD_INLINE float gelu_tanh_inner(float x) { return 0.7978845608028654f * (x + 0.044715f * x * x * x); }

#define ACTIVATION_LOOP(value) \
    for (size_t i = 0; i < n; i++) { \
        const float v = load(x, type, i); \
        store(y, type, i, value); \
    } \
    break;

LORAD_INLINE void activation(int kind, const void *restrict x, void *restrict y, enum lorad_type type, size_t n) {
    switch (kind) {
    case 0: ACTIVATION_LOOP(0.5f * v * (1.0f + lorad_erf(v * 0.70710678118654752f)))
    case 1: ACTIVATION_LOOP(0.5f * v * (1.0f + lorad_tanh(gelu_tanh_inner(v))))
    case 2: ACTIVATION_LOOP(v * lorad_sigmoid(1.702f * v))
    case 3: ACTIVATION_LOOP(v * lorad_sigmoid(v))
    default: ACTIVATION_LOOP(v > 0 ? v : 0)
    }
}

LORAD_CLONES void lorad_activation(int kind, const void *x, void *y, enum lorad_type type, size_t n) {
    if (type == LORAD_BF16)
        activation(kind, x, y, LORAD_BF16, n);
    else
        activation(kind, x, y, LORAD_F32, n);
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

// Calls a function that is inlined for each pair of types that occurs: gradients come in the type of what they belong to, or
// wider.
#define BY_TYPES(function, ...) \
    if (type == LORAD_F32) \
        function(LORAD_F32, LORAD_F32, __VA_ARGS__); \
    else if (dy_type == LORAD_F32) \
        function(LORAD_F32, LORAD_BF16, __VA_ARGS__); \
    else \
        function(LORAD_BF16, LORAD_BF16, __VA_ARGS__);

#define SLOPE_LOOP(slope) \
    for (size_t i = 0; i < n; i++) { \
        const float v = load(x, type, i); \
        store(dx, type, i, load(dy, dy_type, i) * (slope)); \
    } \
    break;

LORAD_INLINE void activation_pullback(enum lorad_type dy_type, enum lorad_type type, int kind,
                                      const void *restrict dy, const void *restrict x, void *restrict dx, size_t n) {
    switch (kind) {
    case 0: SLOPE_LOOP(gelu_erf_slope(v))
    case 1: SLOPE_LOOP(gelu_tanh_slope(v))
    case 2: SLOPE_LOOP(sigmoid_product_slope(v, 1.702f))
    case 3: SLOPE_LOOP(sigmoid_product_slope(v, 1.0f))
    default: SLOPE_LOOP(v > 0 ? 1.0f : 0.0f)
    }
}

LORAD_CLONES void lorad_activation_pullback(int kind, const void *dy, enum lorad_type dy_type, const void *x, void *dx,
                                            enum lorad_type type, size_t n) {
    BY_TYPES(activation_pullback, kind, dy, x, dx, n)
}

LORAD_INLINE void swiglu(const void *restrict gate, const void *restrict up, void *restrict y, enum lorad_type type,
                         size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float g = load(gate, type, i);
        store(y, type, i, g * lorad_sigmoid(g) * load(up, type, i));
    }
}

LORAD_CLONES void lorad_swiglu(const void *gate, const void *up, void *y, enum lorad_type type, size_t n) {
    if (type == LORAD_BF16)
        swiglu(gate, up, y, LORAD_BF16, n);
    else
        swiglu(gate, up, y, LORAD_F32, n);
}

LORAD_INLINE void swiglu_pullback(enum lorad_type dy_type, enum lorad_type type, const void *restrict dy,
                                  const void *restrict gate, const void *restrict up, void *restrict dgate,
                                  void *restrict dup, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float g = load(gate, type, i), s = lorad_sigmoid(g), d = load(dy, dy_type, i);
        store(dup, type, i, d * g * s);
        store(dgate, type, i, d * load(up, type, i) * s * (1.0f + g * (1.0f - s)));
    }
}

LORAD_CLONES void lorad_swiglu_pullback(const void *dy, enum lorad_type dy_type, const void *gate, const void *up,
                                        void *dgate, void *dup, enum lorad_type type, size_t n) {
    BY_TYPES(swiglu_pullback, dy, gate, up, dgate, dup, n)
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
        // sqrtf may set errno, which keeps a loop from being vectorised.
        const float deviation = __builtin_elementwise_sqrt(v[i]) * root;
        p[i] = p[i] * (1.0f - rate * weight_decay) - step * m[i] / (deviation + epsilon);
    }
}
