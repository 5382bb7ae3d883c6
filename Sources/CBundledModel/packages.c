#include "CBundledModel.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

// What the package manager has resolved before it built this; empty where there is no such file.
static const unsigned char pins[] = {
#ifdef __has_embed
#if __has_embed("../../Package.resolved")
#embed "../../Package.resolved"
    ,
#endif
#endif
    0};

lorad_bundled_file lorad_package_pins(void) {
    return (lorad_bundled_file){"Package.resolved", pins, sizeof pins - 1};
}
