// The files of the bundled model, as they lie in model/; `lorad demo base` makes them.
#ifndef CBUNDLEDMODEL_H
#define CBUNDLEDMODEL_H

#include <stddef.h>

typedef struct {
    const char *name;
    const unsigned char *bytes;
    size_t count;
} lorad_bundled_file;

// File i, or one without a name where there are no more.
lorad_bundled_file lorad_bundled_model(size_t i);

// The packages that this was built with, as the package manager has pinned them; empty where that is not known.
lorad_bundled_file lorad_package_pins(void);

#endif
