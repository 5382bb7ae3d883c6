#include "loader.h"
#include <stdlib.h>

// Fortran's calling convention: everything by address, the lengths of character arguments at the end.
typedef void (*gemm_function)(int order, int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k, double alpha,
                              const double *a, int32_t lda, const double *b, int32_t ldb, double beta, double *c,
                              int32_t ldc);
typedef void (*geqrf_function)(const int32_t *m, const int32_t *n, double *a, const int32_t *lda, double *tau,
                               double *work, const int32_t *lwork, int32_t *info);
typedef void (*ormqr_function)(const char *side, const char *trans, const int32_t *m, const int32_t *n,
                               const int32_t *k, const double *a, const int32_t *lda, const double *tau, double *c,
                               const int32_t *ldc, double *work, const int32_t *lwork, int32_t *info,
                               size_t side_length, size_t trans_length);
typedef void (*gesdd_function)(const char *job, const int32_t *m, const int32_t *n, double *a, const int32_t *lda,
                               double *s, double *u, const int32_t *ldu, double *vt, const int32_t *ldvt, double *work,
                               const int32_t *lwork, int32_t *iwork, int32_t *info, size_t job_length);
typedef void (*gesvd_function)(const char *jobu, const char *jobvt, const int32_t *m, const int32_t *n, double *a,
                               const int32_t *lda, double *s, double *u, const int32_t *ldu, double *vt,
                               const int32_t *ldvt, double *work, const int32_t *lwork, int32_t *info,
                               size_t jobu_length, size_t jobvt_length);

static struct {
    gemm_function gemm;
    geqrf_function geqrf;
    ormqr_function ormqr;
    gesdd_function gesdd;
    gesvd_function gesvd;
} routines;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    routines.gemm = (gemm_function)lorad_openblas_symbol("cblas_dgemm");
    routines.geqrf = (geqrf_function)lorad_openblas_symbol("dgeqrf_");
    routines.ormqr = (ormqr_function)lorad_openblas_symbol("dormqr_");
    routines.gesdd = (gesdd_function)lorad_openblas_symbol("dgesdd_");
    routines.gesvd = (gesvd_function)lorad_openblas_symbol("dgesvd_");
}

int lorad_lapack_load(void) {
    pthread_once(&once, load);
    return routines.gemm && routines.geqrf && routines.ormqr && routines.gesdd && routines.gesvd;
}

static const int no_memory = -1000;

static inline int32_t at_least_one(int32_t n) { return n > 0 ? n : 1; }

// The size of a workspace that a routine answered into its first element.
static inline int32_t claimed(double answer) { return at_least_one((int32_t)answer); }

void lorad_lapack_multiply(int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k, const double *a,
                           const double *b, double *c) {
    const int column_major = 102, plain = 111, transposed = 112;
    routines.gemm(column_major, transpose_a ? transposed : plain, transpose_b ? transposed : plain, m, n, k, 1, a,
                  at_least_one(transpose_a ? k : m), b, at_least_one(transpose_b ? n : k), 0, c, at_least_one(m));
}

int lorad_lapack_qr(int32_t m, int32_t n, double *a, double *tau) {
    const int32_t lda = at_least_one(m), query = -1;
    int32_t info = 0;
    double answer = 1;
    routines.geqrf(&m, &n, a, &lda, tau, &answer, &query, &info);
    const int32_t length = claimed(answer);
    double *work = malloc((size_t)length * sizeof(double));
    if (!work) return no_memory;
    routines.geqrf(&m, &n, a, &lda, tau, work, &length, &info);
    free(work);
    return info;
}

int lorad_lapack_apply_q(int32_t m, int32_t n, int32_t k, const double *a, const double *tau, double *c) {
    const int32_t lda = at_least_one(m), query = -1;
    int32_t info = 0;
    double answer = 1;
    routines.ormqr("L", "N", &m, &n, &k, a, &lda, tau, c, &lda, &answer, &query, &info, 1, 1);
    const int32_t length = claimed(answer);
    double *work = malloc((size_t)length * sizeof(double));
    if (!work) return no_memory;
    routines.ormqr("L", "N", &m, &n, &k, a, &lda, tau, c, &lda, work, &length, &info, 1, 1);
    free(work);
    return info;
}

int lorad_lapack_svd_divide(int32_t m, int32_t n, double *a, double *s, double *u, double *vt) {
    const int32_t p = m < n ? m : n, lda = at_least_one(m), ldvt = at_least_one(p), query = -1;
    int32_t info = 0;
    double answer = 1;
    int32_t *integers = malloc((size_t)at_least_one(8 * p) * sizeof(int32_t));
    if (!integers) return no_memory;
    routines.gesdd("S", &m, &n, a, &lda, s, u, &lda, vt, &ldvt, &answer, &query, integers, &info, 1);
    const int32_t length = claimed(answer);
    double *work = malloc((size_t)length * sizeof(double));
    if (work) routines.gesdd("S", &m, &n, a, &lda, s, u, &lda, vt, &ldvt, work, &length, integers, &info, 1);
    free(work);
    free(integers);
    return work ? info : no_memory;
}

int lorad_lapack_svd_iterate(int32_t m, int32_t n, double *a, double *s, double *u, double *vt) {
    const int32_t p = m < n ? m : n, lda = at_least_one(m), ldvt = at_least_one(p), query = -1;
    int32_t info = 0;
    double answer = 1;
    routines.gesvd("S", "S", &m, &n, a, &lda, s, u, &lda, vt, &ldvt, &answer, &query, &info, 1, 1);
    const int32_t length = claimed(answer);
    double *work = malloc((size_t)length * sizeof(double));
    if (!work) return no_memory;
    routines.gesvd("S", "S", &m, &n, a, &lda, s, u, &lda, vt, &ldvt, work, &length, &info, 1, 1);
    free(work);
    return info;
}
