// Picture codecs and the resampling kernels: what Swift cannot call (setjmp) or cannot vectorise (target_clones).
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <turbojpeg.h>
#include <webp/decode.h>

// A decoded PNG's samples are 8 bit, one byte a sample, interleaved; 16-bit samples keep their high byte and
// 1, 2 and 4-bit samples keep their value (0 ... 2^depth - 1).
typedef struct {
    uint32_t width, height;
    int32_t bit_depth, colour_type, channels;
    int32_t palette_count, palette_alpha_count, has_key;
    uint8_t palette[256 * 3];
    uint8_t palette_alpha[256];
    uint16_t key[3];    // the colour meant as transparent, at the file's own depth
    char message[128];  // why it failed
} lorad_png;

// Decodes the PNG in bytes[0 ..< count] to exactly `capacity` bytes of samples. Returns 1, or 0 with `png->message`.
int lorad_png_read(const uint8_t *bytes, size_t count, uint8_t *samples, size_t capacity, lorad_png *png);

// Writes a picture of interleaved 8-bit RGB samples as PNG to `bytes`, or tells the size it takes where that is NULL.
// Returns that size; 0 where it did not work.
size_t lorad_png_write(const uint8_t *samples, uint32_t width, uint32_t height, uint8_t *bytes, size_t capacity);

// Copies the text of a tEXt, zTXt or iTXt chunk, which is given from its length to its checksum, unpacked to `text`, at most
// `capacity` bytes of it. Returns how many bytes it has; 0 where it is damaged or empty.
size_t lorad_png_text(const uint8_t *chunk, size_t count, uint8_t *text, size_t capacity);

// The version of libpng.
const char *lorad_png_version(void);

// Fixed-point weights have this many fractional bits.
#define LORAD_RESAMPLE_BITS 22

// One axis of a resampling: output i = sum over k < count[i] of input[first[i] + k] * weights[i * taps + k].
typedef struct {
    const int32_t *first, *count, *weights;
    ptrdiff_t taps, outputs;
} lorad_resample_axis;

// Rows of interleaved RGB, `source_width` pixels each, to rows of axis->outputs pixels.
void lorad_resample_horizontal(
    const uint8_t *source, ptrdiff_t source_width, ptrdiff_t rows, const lorad_resample_axis *axis, uint8_t *target);

// Rows of `row_bytes` bytes (axis->first counts from the first one) to axis->outputs rows of the same length.
void lorad_resample_vertical(
    const uint8_t *source, ptrdiff_t row_bytes, const lorad_resample_axis *axis, uint8_t *target);

#endif
