/// Puts special tokens around the text's by a template.
struct TemplatePostProcessor: PostProcessor {
    private enum Piece: Sendable {
        case text
        case special([Int])
    }

    private let pieces: [Piece]

    init(_ section: TokenizerSection) throws {
        let tokens = try section.section("special_tokens")
        pieces = try section.sections("single").map { try Self.piece($0, tokens) }
    }

    private static func piece(_ section: TokenizerSection, _ tokens: TokenizerSection) throws -> Piece {
        if section.value["Sequence"] != nil {
            guard try section.section("Sequence").string("id") == "A" else {
                throw section.unsupported("a template for one text that requires a second")
            }
            return .text
        }
        let name = try section.section("SpecialToken").string("id")
        guard tokens.value[name] != nil else { throw section.corrupt("'\(name)' is not among special_tokens") }
        return .special(try tokens.section(name).indices("ids"))
    }

    var trimsOffsets: Bool { false }

    var addsTokens: Bool { true }

    func process(_ groups: inout [[EncodedToken]], addSpecialTokens: Bool) {
        let text = groups.flatMap { $0 }
        groups = pieces.compactMap { piece in
            switch piece {
            case .text: text
            case .special(let ids): addSpecialTokens ? ids.map(EncodedToken.special) : nil
            }
        }
    }
}
