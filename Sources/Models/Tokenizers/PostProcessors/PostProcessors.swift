/// The post-processors lorad knows, by the `type` tokenizer files give them.
enum PostProcessors {
    static let types: [String: any PostProcessor.Type] = [
        "BertProcessing": BertPostProcessor.self,
        "ByteLevel": ByteLevelPostProcessor.self,
        "RobertaProcessing": RobertaPostProcessor.self,
        "Sequence": PostProcessorSequence.self,
        "TemplateProcessing": TemplatePostProcessor.self,
    ]

    /// The post-processor a section describes.
    static func make(_ section: TokenizerSection) throws -> any PostProcessor {
        let type = try section.type()
        guard let processor = types[type] else { throw section.unsupportedType(type, known: types.keys) }
        return try processor.init(section)
    }
}
