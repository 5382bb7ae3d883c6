#include "CBundledModel.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char config[] = {
#embed "model/config.json"
};
static const unsigned char tokenizer[] = {
#embed "model/tokenizer.json"
};
static const unsigned char tokenizer_config[] = {
#embed "model/tokenizer_config.json"
};
static const unsigned char preprocessor_config[] = {
#embed "model/preprocessor_config.json"
};
static const unsigned char processor_config[] = {
#embed "model/processor_config.json"
};
static const unsigned char chat_template[] = {
#embed "model/chat_template.jinja"
};
static const unsigned char weights[] = {
#embed "model/model.safetensors"
};

lorad_bundled_file lorad_bundled_model(size_t i) {
    static const lorad_bundled_file files[] = {
        {"config.json", config, sizeof config},
        {"tokenizer.json", tokenizer, sizeof tokenizer},
        {"tokenizer_config.json", tokenizer_config, sizeof tokenizer_config},
        {"preprocessor_config.json", preprocessor_config, sizeof preprocessor_config},
        {"processor_config.json", processor_config, sizeof processor_config},
        {"chat_template.jinja", chat_template, sizeof chat_template},
        {"model.safetensors", weights, sizeof weights},
    };
    return i < sizeof files / sizeof *files ? files[i] : (lorad_bundled_file){0};
}
