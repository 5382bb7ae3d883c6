import Foundation

/// Small files in which the system tells of itself.
public enum SystemFile {
    /// Its text; empty where there is no such file, as on other systems.
    public static func text(_ path: String) -> String {
        // Such a file has no length of its own and comes in pieces.
        guard let file = FileHandle(forReadingAtPath: path), let data = try? file.readToEnd() else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
