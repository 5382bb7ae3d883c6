import Foundation

/// Small files that describe the system.
public enum SystemFile {
    /// The text of a file; empty if there is no such file, as on other systems.
    public static func text(_ path: String) -> String {
        // Such a file has no length of its own and comes in pieces.
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
