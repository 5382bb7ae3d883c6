import GRDB

/// The library that keeps the store.
public enum StoreLibrary {
    /// Its name and version, as it is loaded.
    public static var version: String {
        let version = try? DatabaseQueue().read { try String.fetchOne($0, sql: "SELECT sqlite_version()") }
        return "SQLite \(version ?? "of an unknown version")"
    }
}
