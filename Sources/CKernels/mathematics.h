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

// Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
LORAD_INLINE float lorad_erf(float x) {
    float a = fabsf(x);
    float t = 1.0f / (1.0f + 0.3275911f * a);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float y = 1.0f - p * t * lorad_exp(-a * a);
    return copysignf(y, x);
}

#endif
