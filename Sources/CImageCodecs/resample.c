// out = clamp((1/2 + sum of in * weight) >> bits), in integers: every implementation that follows the fixed-point
// definition gives the same byte.
#include "CImageCodecs.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define MULTIVERSIONED __attribute__((target_clones("avx2", "default")))
#else
#define MULTIVERSIONED
#endif

enum { HALF = 1 << (LORAD_RESAMPLE_BITS - 1), BLOCK = 64 };

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t ints4 __attribute__((vector_size(16)));

static inline uint8_t clamp(int32_t sum) {
    int32_t value = sum >> LORAD_RESAMPLE_BITS;
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

MULTIVERSIONED
void lorad_resample_horizontal(
    const uint8_t *source, ptrdiff_t source_width, ptrdiff_t rows, const lorad_resample_axis *axis, uint8_t *target) {
    for (ptrdiff_t y = 0; y < rows; y++, source += 3 * source_width) {
        for (ptrdiff_t x = 0; x < axis->outputs; x++, target += 3) {
            const uint8_t *pixel = source + 3 * (ptrdiff_t)axis->first[x];
            const int32_t *weight = axis->weights + x * axis->taps;
            ints4 sum = {HALF, HALF, HALF, 0};
            for (ptrdiff_t k = 0; k + 1 < axis->count[x]; k++, pixel += 3) {
                bytes4 four;  // three channels and a byte of the next pixel, which the fourth lane drops
                memcpy(&four, pixel, 4);
                sum += __builtin_convertvector(four, ints4) * weight[k];
            }
            int32_t last = axis->count[x] > 0 ? weight[axis->count[x] - 1] : 0;
            for (int c = 0; c < 3; c++) target[c] = clamp(sum[c] + (last ? pixel[c] * last : 0));
        }
    }
}

MULTIVERSIONED
void lorad_resample_vertical(
    const uint8_t *source, ptrdiff_t row_bytes, const lorad_resample_axis *axis, uint8_t *target) {
    for (ptrdiff_t y = 0; y < axis->outputs; y++) {
        const int32_t *weight = axis->weights + y * axis->taps;
        for (ptrdiff_t start = 0; start < row_bytes; start += BLOCK) {
            ptrdiff_t width = row_bytes - start < BLOCK ? row_bytes - start : BLOCK;
            const uint8_t *row = source + axis->first[y] * row_bytes + start;
            int32_t sums[BLOCK];
            for (int x = 0; x < BLOCK; x++) sums[x] = HALF;
            for (ptrdiff_t k = 0; k < axis->count[y]; k++, row += row_bytes) {
                if (width == BLOCK)
                    for (int x = 0; x < BLOCK; x++) sums[x] += row[x] * weight[k];
                else
                    for (ptrdiff_t x = 0; x < width; x++) sums[x] += row[x] * weight[k];
            }
            for (ptrdiff_t x = 0; x < width; x++) target[start + x] = clamp(sums[x]);
        }
        target += row_bytes;
    }
}
