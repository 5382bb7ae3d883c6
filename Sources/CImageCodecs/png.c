// libpng reports errors through longjmp, which must not cross Swift frames: the whole conversation with it is here.
#include "CImageCodecs.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    size_t count, offset;
} source;

static void read_bytes(png_structp reader, png_bytep into, size_t count) {
    source *from = png_get_io_ptr(reader);
    if (from->count - from->offset < count) png_error(reader, "the file ends too early");
    memcpy(into, from->bytes + from->offset, count);
    from->offset += count;
}

static void fail(png_structp reader, png_const_charp message) {
    lorad_png *png = png_get_error_ptr(reader);
    snprintf(png->message, sizeof png->message, "%s", message);
    png_longjmp(reader, 1);
}

static void ignore_warning(png_structp reader, png_const_charp message) {
    (void)reader;
    (void)message;
}

// Ancillary chunks other than transparency do not change the samples: they are not parsed, so cannot do harm.
static void skip_metadata(png_structp reader) {
    static const png_byte names[] = "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0"
                                    "sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(reader, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(reader, PNG_HANDLE_CHUNK_NEVER, names, sizeof names / 5);
}

static void describe(png_structp reader, png_infop info, lorad_png *png) {
    png->width = png_get_image_width(reader, info);
    png->height = png_get_image_height(reader, info);
    png->bit_depth = png_get_bit_depth(reader, info);
    png->colour_type = png_get_color_type(reader, info);
    png->channels = png_get_channels(reader, info);
}

static void copy_palette(png_structp reader, png_infop info, lorad_png *png) {
    png_colorp palette = NULL;
    if (!png_get_PLTE(reader, info, &palette, &png->palette_count)) return;
    for (int i = 0; i < png->palette_count && i < 256; i++) {
        png->palette[3 * i] = palette[i].red;
        png->palette[3 * i + 1] = palette[i].green;
        png->palette[3 * i + 2] = palette[i].blue;
    }
}

static void copy_transparency(png_structp reader, png_infop info, lorad_png *png) {
    png_bytep alpha = NULL;
    png_color_16p key = NULL;
    int count = 0;
    if (!png_get_tRNS(reader, info, &alpha, &count, &key)) return;
    if (png->colour_type == PNG_COLOR_TYPE_PALETTE) {
        if (alpha == NULL) return;
        png->palette_alpha_count = count < 256 ? count : 256;
        memcpy(png->palette_alpha, alpha, (size_t)png->palette_alpha_count);
    } else if (key != NULL) {
        int grey = png->colour_type == PNG_COLOR_TYPE_GRAY;
        png->has_key = 1;
        png->key[0] = grey ? key->gray : key->red;
        png->key[1] = grey ? key->gray : key->green;
        png->key[2] = grey ? key->gray : key->blue;
    }
}

static void read_samples(png_structp reader, png_infop info, uint8_t *samples, size_t capacity, lorad_png *png) {
    if (png->bit_depth == 16) png_set_strip_16(reader);
    if (png->bit_depth < 8) png_set_packing(reader);
    int passes = png_set_interlace_handling(reader);
    png_read_update_info(reader, info);
    size_t row = png_get_rowbytes(reader, info);
    if (row * png->height != capacity) png_error(reader, "the header changed while the file was read");
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < png->height; y++) png_read_row(reader, samples + y * row, NULL);
}

static void decode(png_structp reader, png_infop info, uint8_t *samples, size_t capacity, lorad_png *png) {
    skip_metadata(reader);
    png_set_user_limits(reader, 0x7fffffff, 0x7fffffff);  // the caller has checked the header against its own
    png_set_option(reader, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);  // some writers understate the window
    png_read_info(reader, info);
    describe(reader, info, png);
    copy_palette(reader, info, png);
    copy_transparency(reader, info, png);
    read_samples(reader, info, samples, capacity, png);
}

int lorad_png_read(const uint8_t *bytes, size_t count, uint8_t *samples, size_t capacity, lorad_png *png) {
    memset(png, 0, sizeof *png);
    source from = {bytes, count, 0};
    png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, png, fail, ignore_warning);
    if (reader == NULL) return 0;
    png_infop info = png_create_info_struct(reader);
    if (info == NULL || setjmp(png_jmpbuf(reader))) {
        png_destroy_read_struct(&reader, &info, NULL);
        return 0;
    }
    png_set_read_fn(reader, &from, read_bytes);
    decode(reader, info, samples, capacity, png);
    png_destroy_read_struct(&reader, &info, NULL);
    return 1;
}

size_t lorad_png_write(const uint8_t *samples, uint32_t width, uint32_t height, uint8_t *bytes, size_t capacity) {
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = capacity;
    return png_image_write_to_memory(&image, bytes, &size, 0, samples, 0, NULL) ? size : 0;
}

static size_t copy_text(png_structp reader, png_infop info, uint8_t *text, size_t capacity) {
    png_textp found = NULL;
    png_read_info(reader, info);
    if (png_get_text(reader, info, &found, NULL) < 1) return 0;
    size_t length = found->compression > 0 ? found->itxt_length : found->text_length;
    if (capacity > 0) memcpy(text, found->text, length < capacity ? length : capacity);
    return length;
}

static size_t read_text(const uint8_t *bytes, size_t count, uint8_t *text, size_t capacity) {
    lorad_png png = {0};
    source from = {bytes, count, 0};
    png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, &png, fail, ignore_warning);
    if (reader == NULL) return 0;
    png_infop info = png_create_info_struct(reader);
    if (info == NULL || setjmp(png_jmpbuf(reader))) {
        png_destroy_read_struct(&reader, &info, NULL);
        return 0;
    }
    png_set_read_fn(reader, &from, read_bytes);
    size_t length = copy_text(reader, info, text, capacity);
    png_destroy_read_struct(&reader, &info, NULL);
    return length;
}

// libpng unpacks chunks of whole files only: this one has a pixel's header before the chunk, and ends where pixels begin.
size_t lorad_png_text(const uint8_t *chunk, size_t count, uint8_t *text, size_t capacity) {
    static const uint8_t head[] = {0x89, 'P', 'N', 'G',  '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,   'I',  'H',  'D',  'R', 0,
                                   0,    0,   1,   0,    0,    0,    1,    8,    0, 0, 0, 0x00, 0x3a, 0x7e, 0x9b, 0x55};
    static const uint8_t tail[] = {0, 0, 0, 0, 'I', 'D', 'A', 'T'};
    uint8_t *bytes = malloc(sizeof head + count + sizeof tail);
    if (bytes == NULL) return 0;
    memcpy(bytes, head, sizeof head);
    memcpy(bytes + sizeof head, chunk, count);
    memcpy(bytes + sizeof head + count, tail, sizeof tail);
    size_t length = read_text(bytes, sizeof head + count + sizeof tail, text, capacity);
    free(bytes);
    return length;
}

const char *lorad_png_version(void) { return png_get_libpng_ver(NULL); }
