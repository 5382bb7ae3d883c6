// OpenBLAS, loaded when it is first asked for: its choice of processor is read from the environment while it loads, and
// Debian's build takes newer AVX-512 processors for a Haswell, so the choice is put right before.
#ifndef LORAD_COPENBLAS_H
#define LORAD_COPENBLAS_H

#include <stdint.h>

// 1 when the library could be loaded; single-threaded from then on.
int lorad_openblas_load(void);
// The library's own description, or NULL.
const char *lorad_openblas_configuration(void);
// c[m, n] = a[m, k] b[k, n] + beta c, row-major; transposed operands are stored the other way round.
void lorad_openblas_sgemm(int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k, const float *a,
                          int32_t lda, const float *b, int32_t ldb, float beta, float *c, int32_t ldc);

#endif
