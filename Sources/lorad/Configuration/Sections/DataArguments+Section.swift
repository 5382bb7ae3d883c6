import Training

extension DataArguments: ConfigurationSection {
    static let fields: [Field<Self>] = [
        Field(
            "train", \.train, "What to train on: a file, a folder, or a range of tar archives.", .dataset,
            isRequired: true),
        Field("images", \.images, "The folder that the image paths of JSON rows are relative to.", .folder),
        Field("validation", \.validation, "What to evaluate on, in the same format.", Constraint.dataset.whenGiven),
        Field("format", \.format, "How the data is written; auto recognises it by what it holds."),
        Field(
            "columns", \.columns,
            "Which column holds what, where it has another name: {image: filepath, question: query}."),
        Field(
            "separator", \.separator,
            "What separates the fields of CSV: tab or a character; auto looks at the first line.",
            Constraint(requirement: "be auto, tab or a character") { TableSeparator.isName($0) }),
        Field(
            "classes", \.classes,
            "Names for the class numbers in .cls members of tar archives: a file with one name per line.",
            Constraint.file.whenGiven),
        Field("prompt", \.prompt, "What a picture is asked where the data has captions or classes only."),
        Field("max_length", \.maxLength, "The most tokens of a row, image tokens included.", .within(2...10_000_000)),
        Field(
            "on_long", \.onLong,
            "What happens to a longer row: an error, left out and counted, or, with CLIP models, cut as CLIP cuts captions."
        ),
        Field(
            "template", \.template, "How conversations are written; auto recognises the model's chat template.",
            .oneOf(ConversationTemplates.names)),
        Field(
            "feature_cache", \.featureCache,
            "A folder to keep what frozen vision layers make of pictures, shared between runs; none unless given."),
        Field(
            "feature_cache_gigabytes", \.featureCacheGigabytes,
            "The most that the folder may take; what was not used for longest goes first.",
            .within(above: 0, upTo: 1_000_000)),
        Field(
            "shuffle", \.shuffle,
            "Take the rows in a new random order each epoch, by training.seed; false keeps their own order. Workers with "
                + "their own data always shuffle."),
    ]
}
