import Foundation

/// One of the two sets of names that transformers gives to the modules of LLaVA-style models.
public enum KeyDialect: String, CaseIterable, Sendable {
    /// Before transformers 4.52: `language_model.model.…`, `vision_tower.vision_model.…`.
    case v4
    /// transformers 5, with the decoder names used since 4.52: `model.language_model.…`, `model.vision_tower.…`.
    case v5

    /// The versions that use these names, for messages.
    public var versions: String {
        switch self {
        case .v4: "transformers before 4.52"
        case .v5: "transformers 4.52 and later"
        }
    }

    /// The dialect of a path below `base_model.model.`; `nil` if it is in none of the renamed modules.
    static func of(_ path: String) -> KeyDialect? {
        func begins(_ prefixes: [String]) -> Bool { prefixes.contains { path == $0 || path.hasPrefix($0 + ".") } }
        if begins(["model.language_model", "model.vision_tower", "model.multi_modal_projector", "model.image_newline"])
        {
            return .v5
        }
        return begins(["language_model", "vision_tower", "multi_modal_projector", "image_newline"]) ? .v4 : nil
    }

    /// Prefixes of module paths in the other dialect and what this one calls them; the first that matches counts.
    private var renamings: [(other: String, own: String)] {
        switch self {
        case .v4:
            [
                ("lm_head", "language_model.lm_head"), ("model.language_model", "language_model.model"),
                ("model.vision_tower.vision_model", "vision_tower.vision_model"),
                ("model.vision_tower", "vision_tower.vision_model"),
                ("model.multi_modal_projector", "multi_modal_projector"), ("model.image_newline", "image_newline"),
            ]
        case .v5:
            [
                ("language_model.lm_head", "lm_head"), ("language_model.model", "model.language_model"),
                ("vision_tower.vision_model", "model.vision_tower"), ("vision_tower", "model.vision_tower"),
                ("model.vision_tower.vision_model", "model.vision_tower"),
                ("multi_modal_projector", "model.multi_modal_projector"), ("image_newline", "model.image_newline"),
            ]
        }
    }

    /// A path of the other dialect under this one's name; a path that has no other name as it is.
    func renamed(_ path: String) -> String {
        if self == .v4, path == "model.vision_tower" { return "vision_tower" }
        for (other, own) in renamings where path == other || path.hasPrefix(other + ".") {
            return own + path.dropFirst(other.count)
        }
        return path
    }

    /// A regular expression with the paths that its alternatives begin with renamed; dots keep their backslashes.
    func renamed(pattern: String) -> String {
        let dot = pattern.contains("\\.") ? "\\." : "."
        return renamings.reduce(pattern) { pattern, names in
            let other = names.other.split(separator: ".").joined(separator: #"\\?\."#)
            guard let search = try? NSRegularExpression(pattern: #"(?:^|(?<=[(|^]))"# + other + #"(?=\\?\.|[)|$]|$)"#)
            else { return pattern }
            return search.stringByReplacingMatches(
                in: pattern, range: NSRange(pattern.startIndex..., in: pattern),
                withTemplate: NSRegularExpression.escapedTemplate(for: names.own.replacing(".", with: dot)))
        }
    }
}
