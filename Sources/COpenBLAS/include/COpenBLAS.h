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

// 1 when the library is there and holds the LAPACK routines below. They are called only then. Matrices are float64,
// column-major and packed; each returns LAPACK's info, or -1000 when there is no memory for its workspace.
int lorad_lapack_load(void);
// c[m, n] = a[m, k] b[k, n]; transposed operands are stored the other way round.
void lorad_lapack_multiply(int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k, const double *a,
                           const double *b, double *c);
// a[m, n] = Q R: R above the diagonal, Q as reflectors below it and in tau[min(m, n)].
int lorad_lapack_qr(int32_t m, int32_t n, double *a, double *tau);
// c[m, n] = Q c for the Q of k reflectors in a[m, k].
int lorad_lapack_apply_q(int32_t m, int32_t n, int32_t k, const double *a, const double *tau, double *c);
// a[m, n] = u[m, p] diag(s[p]) vt[p, n] with p = min(m, n); a is overwritten. Divide and conquer (dgesdd) is the faster one;
// QR iteration (dgesvd) converges where the other may not, on graded matrices of low rank. Above 0: no convergence.
int lorad_lapack_svd_divide(int32_t m, int32_t n, double *a, double *s, double *u, double *vt);
int lorad_lapack_svd_iterate(int32_t m, int32_t n, double *a, double *s, double *u, double *vt);

#endif
