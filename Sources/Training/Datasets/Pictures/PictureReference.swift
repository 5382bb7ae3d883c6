import Foundation

/// What an example writes to say which image it means: a path, a `file:` URL or a `data:` URL.
struct PictureReference {
    let text: String

    /// The path that it stands for, or `nil` if it holds the image itself.
    ///
    /// - Parameter folder: What paths are relative to.
    /// - Throws: `RowProblem.Reason` if it names something that is not on this machine.
    func path(in folder: String) throws -> String? {
        if DataURL.isOne(text) { return nil }
        guard let scheme else { return text.hasPrefix("/") ? text : "\(folder)/\(text)" }
        guard scheme == "file", let path = URL(string: text)?.path(percentEncoded: false) else {
            throw RowProblem.Reason(
                "the image `\(text.prefix(80))` is not on this machine: download it and give its path")
        }
        return path
    }

    /// The scheme of a URL with an authority, in lower case.
    private var scheme: String? {
        guard let end = text.range(of: "://"), !end.isEmpty else { return nil }
        let name = text[..<end.lowerBound].lowercased()
        return !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
            ? name : nil
    }
}
