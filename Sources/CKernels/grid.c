#include "CKernels.h"
#include "clones.h"

// Vectors as whole numbers of steps: x factor rounded to the nearest, as both functions do it, bit for bit.
LORAD_INLINE double steps(float x, double factor) { return __builtin_elementwise_roundeven((double)x * factor); }

LORAD_CLONES double lorad_grid_square(const float *x, size_t n, double factor) {
    LORAD_REASSOCIATE  // whole numbers: every order gives the same sum below 2^53
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double s = steps(x[j], factor);
        sum += s * s;
    }
    return sum;
}

LORAD_CLONES void lorad_grid_add(const float *restrict x, int64_t *restrict sum, size_t n, double factor) {
    for (size_t j = 0; j < n; j++) sum[j] += (int32_t)steps(x[j], factor);
}
