#include "CKernels.h"
#include "clones.h"
#include <math.h>
#include <string.h>

// Words of a byte stream, which may lie anywhere.
LORAD_INLINE uint32_t word(const unsigned char *bytes, size_t j) {
    uint32_t w;
    memcpy(&w, bytes + 4 * j, 4);
    return w;
}

LORAD_CLONES void lorad_round_to_words(const float *x, uint32_t *y, const void *random, size_t n, double factor,
                                       double limit, uint32_t mask) {
    const unsigned char *bytes = random;
    for (size_t j = 0; j < n; j++) {
        const double scaled = x[j] * factor;
        const double value = scaled > limit ? limit : scaled < -limit ? -limit : scaled;
        const double low = floor(value);
        const int32_t up = (double)word(bytes, j) < (value - low) * 4294967296.0;
        y[j] = ((uint32_t)(int32_t)low + (uint32_t)up) & mask;
    }
}

LORAD_CLONES void lorad_add_words(uint32_t *sum, const void *words, size_t n, uint32_t sign) {
    const unsigned char *bytes = words;
    for (size_t j = 0; j < n; j++) sum[j] += sign * word(bytes, j);
}
