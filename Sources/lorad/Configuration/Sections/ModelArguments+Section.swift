import Training

extension ModelArguments: ConfigurationSection {
    static let fields: [Field<Self>] = [
        Field("path", \.path, "The Hugging Face folder of the base model.", .folder, isRequired: true),
        Field("precision", \.precision, "Numbers of frozen weights and matrix products; sums and adapters are fp32."),
    ]
}
