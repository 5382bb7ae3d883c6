/// Dotted paths of modules.
enum ModulePath {
    /// `a.b.c` gives `a.b.c`, `a.b`, `a`.
    static func selfAndAncestors(_ path: String) -> some Sequence<String> {
        sequence(first: path) { path in path.lastIndex(of: ".").map { String(path[..<$0]) } }
    }

    /// The module around the one at `path`, if any.
    static func parent(_ path: String) -> String? {
        path.lastIndex(of: ".").map { String(path[..<$0]) }
    }

    /// The last part of a path.
    static func name(_ path: String) -> Substring {
        path.lastIndex(of: ".").map { path[path.index(after: $0)...] } ?? path[...]
    }
}
