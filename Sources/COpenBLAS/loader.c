#include "loader.h"
#include <dlfcn.h>
#include <stdlib.h>

typedef void (*sgemm_function)(int order, int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k,
                               float alpha, const float *a, int32_t lda, const float *b, int32_t ldb, float beta,
                               float *c, int32_t ldc);

static void *library;
static sgemm_function sgemm;
static const char *(*configuration)(void);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
#endif
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    configuration = (const char *(*)(void))dlsym(library, "openblas_get_config");
    sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
    if (set_threads) set_threads(1);
}

int lorad_openblas_load(void) {
    pthread_once(&once, load);
    return sgemm != NULL;
}

void *lorad_openblas_symbol(const char *name) {
    pthread_once(&once, load);
    return library ? dlsym(library, name) : NULL;
}

const char *lorad_openblas_configuration(void) { return lorad_openblas_load() && configuration ? configuration() : NULL; }

void lorad_openblas_sgemm(int transpose_a, int transpose_b, int32_t m, int32_t n, int32_t k, const float *a,
                          int32_t lda, const float *b, int32_t ldb, float beta, float *c, int32_t ldc) {
    const int row_major = 101, plain = 111, transposed = 112;
    sgemm(row_major, transpose_a ? transposed : plain, transpose_b ? transposed : plain, m, n, k, 1.0f, a, lda, b,
          ldb, beta, c, ldc);
}
