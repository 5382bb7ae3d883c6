import Training

extension DataArguments: ConfigurationSection {
    static let fields: [Field<Self>] = [
        Field("train", \.train, "Conversations to train on: JSON or JSON Lines.", .file, isRequired: true),
        Field("images", \.images, "The folder that the rows' image paths are relative to.", .folder),
        Field("validation", \.validation, "Conversations to evaluate on.", Constraint.file.whenGiven),
        Field("max_length", \.maxLength, "The most tokens of a row, image tokens included.", .atLeast(2)),
        Field("on_long", \.onLong, "Whether a longer row is an error or left out and counted; none is cut."),
        Field(
            "template", \.template, "How conversations are written; auto recognises the model's chat template.",
            .oneOf(ConversationTemplates.names)),
        Field("shuffle", \.shuffle, "Take the rows in a new random order each epoch, by training.seed."),
    ]
}
