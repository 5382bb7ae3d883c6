import Foundation

/// What folders hold.
enum FolderEntries {
    /// The names that do not begin with a dot, in the order of their bytes: the same on every machine.
    ///
    /// - Throws: `TrainingError` if the folder cannot be read.
    static func visible(in folder: String) throws -> [String] {
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw TrainingError(.fileNotFound, "\(folder): the folder cannot be read", cause: error)
        }
    }

    /// The path of the folder that a path's last part is in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// What a link leads to that is not there; `nil` for anything else.
    static func danglingTarget(of path: String) -> String? {
        guard !FileManager.default.fileExists(atPath: path) else { return nil }
        return try? FileManager.default.destinationOfSymbolicLink(atPath: path)
    }

    /// Whether there is a folder at a path.
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}

/// Names of files that are meant as images, whether their format can be read or not.
enum PictureName {
    private static let extensions: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm", "pgm", "avif", "heic", "heif",
        "jxl", "jp2", "tga", "ico",
    ]

    static func isOne(_ name: String) -> Bool {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
        return extensions.contains(name[name.utf8.index(after: dot)...].lowercased())
    }
}
