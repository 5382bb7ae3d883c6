/// Several post-processors, one after the other.
struct PostProcessorSequence: PostProcessor {
    private let processors: [any PostProcessor]

    init(_ section: TokenizerSection) throws {
        processors = try section.sections("processors").map(PostProcessors.make)
        guard processors.filter(\.addsTokens).count <= 1 else {
            throw section.unsupported("more than one processor that adds tokens")
        }
    }

    var trimsOffsets: Bool { processors.contains(where: \.trimsOffsets) }

    var addsTokens: Bool { processors.contains(where: \.addsTokens) }

    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool) {
        for processor in processors { processor.process(&groups, addSpecialTokens: addSpecialTokens) }
    }
}
