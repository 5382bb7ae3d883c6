import Training

extension DataArguments: ConfigurationSection {
    static let fields: [Field<Self>] = [
        Field(
            "train", \.train,
            "Training data: a file, a folder, or a range or pattern of tar archives or Parquet files.", .dataset,
            isRequired: true),
        Field("images", \.images, "Folder that image paths in JSON data are relative to.", .folder),
        Field("validation", \.validation, "Validation data, in the same format.", Constraint.dataset.whenGiven),
        Field("format", \.format, "Dataset format; auto detects it from the content."),
        Field(
            "columns", \.columns,
            "Column names that differ from the default, such as {image: filepath, question: query}."),
        Field(
            "separator", \.separator,
            "Field separator of CSV files: tab or one character. auto detects it from the first line.",
            Constraint(requirement: "be auto, tab or a character") { TableSeparator.isName($0) }),
        Field(
            "classes", \.classes,
            "File with the names of the class numbers in .cls members of tar archives, one per line.",
            Constraint.file.whenGiven),
        Field("prompt", \.prompt, "Question to ask about each image when the data has only captions or classes."),
        Field(
            "max_length", \.maxLength, "Maximum number of tokens per example, image tokens included.",
            .within(2...10_000_000)),
        Field(
            "on_long", \.onLong,
            "What to do with a longer example: stop with an error, drop and count it or, for CLIP models, truncate it as CLIP does."
        ),
        Field(
            "template", \.template, "Conversation template; auto uses the model's chat template.",
            .oneOf(ConversationTemplates.names)),
        Field(
            "feature_cache", \.featureCache,
            "Folder for cached image features of frozen vision layers, shared between runs; empty means no cache."),
        Field(
            "feature_cache_gigabytes", \.featureCacheGigabytes,
            "Maximum size of the feature cache in GB. The least recently used features are deleted first.",
            .within(above: 0, upTo: 1_000_000)),
        Field(
            "shuffle", \.shuffle,
            "Shuffle the examples each epoch, seeded by training.seed. false keeps their order. Workers with their own data "
                + "always shuffle."),
    ]
}
