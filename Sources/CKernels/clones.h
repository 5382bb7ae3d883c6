// Run-time dispatch: each kernel is compiled for several instruction sets and the loader picks one.
#ifndef LORAD_CLONES_H
#define LORAD_CLONES_H

#if defined(__x86_64__) && defined(__linux__)
#define LORAD_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LORAD_CLONES
#endif
#define LORAD_INLINE static inline __attribute__((always_inline))

// Lets a reduction be split over vector lanes: the order is fixed by the instruction set, not by the data.
#define LORAD_REASSOCIATE _Pragma("clang fp reassociate(on) contract(fast)")

#endif
