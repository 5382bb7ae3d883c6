#ifndef LORAD_OPENBLAS_LOADER_H
#define LORAD_OPENBLAS_LOADER_H

#include "COpenBLAS.h"
#include <pthread.h>

// The address of a function of the library, which is loaded for it, or NULL.
void *lorad_openblas_symbol(const char *name);

#endif
