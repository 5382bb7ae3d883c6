// exp, tanh and erf as straight-line code, so that loops over them vectorise.
#ifndef LORAD_MATHEMATICS_H
#define LORAD_MATHEMATICS_H

#include "clones.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

// exp(x) = 2^k exp(r), |r| <= ln 2 / 2, with a degree-6 minimax polynomial: within 2 ulp on [-87, 88].
LORAD_INLINE float lorad_exp(float x) {
    x = x > 88.3f ? 88.3f : x;
    x = x < -87.3f ? -87.3f : x;
    float k = x * 1.44269504088896341f;
    const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    float rounded = (k + magic) - magic;
    float r = x - rounded * 0.693359375f;
    r -= rounded * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)rounded + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

LORAD_INLINE float lorad_sigmoid(float x) { return 1.0f / (1.0f + lorad_exp(-x)); }

LORAD_INLINE float lorad_tanh(float x) { return 2.0f * lorad_sigmoid(2.0f * x) - 1.0f; }

// erf: the Taylor series below 0.9 (relative error below 2e-7); above, 1 - erfc with a Chebyshev fit of erfc (Numerical
// Recipes 6.2, relative error 1.2e-7, so that erf is within 3e-8).
LORAD_INLINE float lorad_erf(float x) {
    const float a = fabsf(x), z = x * x;
    float p = 1.0f / 685440;
    p = p * z - 1.0f / 75600;
    p = p * z + 1.0f / 9360;
    p = p * z - 1.0f / 1320;
    p = p * z + 1.0f / 216;
    p = p * z - 1.0f / 42;
    p = p * z + 1.0f / 10;
    p = p * z - 1.0f / 3;
    const float near = 1.1283791670955126f * a * (p * z + 1.0f);
    const float t = 1.0f / (1.0f + 0.5f * a);
    float q = 0.17087277f;
    q = q * t - 0.82215223f;
    q = q * t + 1.48851587f;
    q = q * t - 1.13520398f;
    q = q * t + 0.27886807f;
    q = q * t - 0.18628806f;
    q = q * t + 0.09678418f;
    q = q * t + 0.37409196f;
    q = q * t + 1.00002368f;
    q = q * t - 1.26551223f;
    const float far = 1.0f - t * lorad_exp(q - z);
    return copysignf(a < 0.9f ? near : far, x);
}

#endif
