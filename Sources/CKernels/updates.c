#include "CKernels.h"
#include "clones.h"
#include <string.h>

// Elements whose accumulators stay in the first-level cache while every update passes over them.
enum { BLOCK = 1024 };
// Elements between fetching ahead, and of a line of the cache.
enum { STRETCH = 128, LINE = 16 };

LORAD_INLINE size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// high + low += w x, the rounding of the sum kept in low (Knuth's TwoSum, the product fused).
LORAD_INLINE void accumulate(double *high, double *low, double w, double x) {
    const double sum = __builtin_fma(w, x, *high);
    const double added = sum - *high;
    *low += (*high - (sum - added)) + __builtin_fma(w, x, -added);
    *high = sum;
}

// Adds two updates to a block, and meanwhile fetches the block of the two that come next: the processor's own
// prefetching starts anew in each update's memory, and would wait for it every time.
LORAD_INLINE void accumulate_two(double *restrict high, double *restrict low, const double *w,
                                 const float *restrict first, const float *restrict second, const float *next,
                                 const float *after_next, size_t n) {
    for (size_t stretch = 0; stretch < n; stretch += STRETCH) {
        const size_t end = smaller(stretch + STRETCH, n);
        for (size_t j = stretch; j < end; j += LINE) {
            __builtin_prefetch(next + j);
            __builtin_prefetch(after_next + j);
        }
        for (size_t j = stretch; j < end; j++) {
            double h = high[j], l = low[j];
            accumulate(&h, &l, w[0], first[j]);
            accumulate(&h, &l, w[1], second[j]);
            high[j] = h;
            low[j] = l;
        }
    }
}

LORAD_INLINE void accumulate_block(double *restrict high, double *restrict low, const float *const *x,
                                   const double *w, size_t count, size_t from, size_t n) {
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        const size_t next = i + 4 <= count ? i + 2 : i;
        accumulate_two(high, low, w + i, x[i] + from, x[i + 1] + from, x[next] + from, x[next + 1] + from, n);
    }
    if (i < count)
        for (size_t j = 0; j < n; j++) accumulate(high + j, low + j, w[i], x[i][from + j]);
}

LORAD_CLONES void lorad_accumulate(double *high, double *low, const float *const *x, const double *w, size_t count,
                                   size_t n) {
    for (size_t from = 0; from < n; from += BLOCK)
        accumulate_block(high + from, low + from, x, w, count, from, smaller(BLOCK, n - from));
}

LORAD_INLINE void quotients(const double *high, const double *low, double total, float *y, size_t n) {
    for (size_t j = 0; j < n; j++) y[j] = (float)((high[j] + low[j]) / total);
}

LORAD_CLONES void lorad_quotients(const double *high, const double *low, double total, float *y, size_t n) {
    quotients(high, low, total, y, n);
}

LORAD_CLONES void lorad_weighted_mean(const float *const *x, const double *w, size_t count, double total, float *y,
                                      size_t n) {
    double high[BLOCK], low[BLOCK];
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t length = smaller(BLOCK, n - from);
        for (size_t j = 0; j < length; j++) high[j] = low[j] = 0;
        accumulate_block(high, low, x, w, count, from, length);
        quotients(high, low, total, y + from, length);
    }
}

LORAD_INLINE void exchange(float *restrict a, float *restrict b, size_t n) {
    for (size_t j = 0; j < n; j++) {
        const float x = a[j], y = b[j];
        a[j] = x < y ? x : y;
        b[j] = x < y ? y : x;
    }
}

LORAD_CLONES void lorad_ordered_mean(const float *const *x, size_t count, const uint16_t *exchanges,
                                     size_t exchange_count, size_t first, size_t last, float *scratch, size_t width,
                                     float *y, size_t n) {
    for (size_t from = 0; from < n; from += width) {
        const size_t length = smaller(width, n - from);
        for (size_t i = 0; i < count; i++) memcpy(scratch + i * width, x[i] + from, length * sizeof(float));
        for (size_t k = 0; k < exchange_count; k++)
            exchange(scratch + exchanges[2 * k] * width, scratch + exchanges[2 * k + 1] * width, length);
        for (size_t j = 0; j < length; j++) {
            double sum = 0;
            for (size_t i = first; i <= last; i++) sum += scratch[i * width + j];
            y[from + j] = (float)(sum / (double)(last - first + 1));
        }
    }
}

LORAD_INLINE double squared_distance(const float *restrict x, const float *restrict y, size_t n) {
    LORAD_REASSOCIATE
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        const double difference = (double)x[j] - y[j];
        sum += difference * difference;
    }
    return sum;
}

LORAD_CLONES double lorad_squared_distance(const float *x, const float *y, size_t n) {
    return squared_distance(x, y, n);
}

LORAD_CLONES void lorad_squared_distances(const float *const *x, size_t count, double *distances, size_t n) {
    for (size_t from = 0; from < n; from += BLOCK) {
        const size_t length = smaller(BLOCK, n - from);
        double *distance = distances;
        for (size_t i = 0; i < count; i++)
            for (size_t k = i + 1; k < count; k++) *distance++ += squared_distance(x[i] + from, x[k] + from, length);
    }
}
