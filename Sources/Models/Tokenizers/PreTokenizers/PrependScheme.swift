/// Where a word mark is put before text that does not begin with one.
enum PrependScheme: String, Sendable, CaseIterable {
    case first
    case never
    case always

    /// The scheme a section asks for, in the present dialect or with the older `add_prefix_space`.
    init(_ section: TokenizerSection) throws {
        let name = try section.optionalString("prepend_scheme") ?? "always"
        guard let scheme = PrependScheme(rawValue: name) else {
            throw section.unsupported(
                "prepend_scheme '\(name)'; known: \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard try !section.bool("add_prefix_space", default: true) else {
            self = scheme
            return
        }
        guard scheme == .never || section.value["prepend_scheme"] == nil else {
            throw section.corrupt("add_prefix_space is false, but prepend_scheme is '\(name)'")
        }
        self = .never
    }
}
