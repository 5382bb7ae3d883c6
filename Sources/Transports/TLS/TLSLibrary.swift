import COpenSSL

/// The library that encrypts connections by `wss`.
public enum TLSLibrary {
    /// Its name and version, as it is loaded.
    public static var version: String {
        "OpenSSL \(OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "of an unknown version")"
    }
}
