import Training

extension ModelArguments: ConfigurationSection {
    static let fields: [Field<Self>] = [
        Field("path", \.path, "Hugging Face folder of the base model.", .folder, isRequired: true),
        Field("precision", \.precision, "Precision of frozen weights and matrix products. Sums and adapters are fp32."),
    ]
}
