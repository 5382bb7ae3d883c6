#ifndef LORAD_CKERNELS_H
#define LORAD_CKERNELS_H
#endif
