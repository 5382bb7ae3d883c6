/// How a worker leaves its site.
public struct Outbound: Sendable {
    /// Through which HTTP proxy, if any.
    public var proxies: ProxyRules
    /// A PEM file with certificates of authorities that are trusted besides the system's.
    public var authorityFile: String?
    /// Bytes a second that downloads and uploads together may take; `nil` for no limit.
    public var bytesPerSecond: Int?

    /// Creates a way out; straight, with the system's authorities and without a limit unless told otherwise.
    public init(proxies: ProxyRules = .direct, authorityFile: String? = nil, bytesPerSecond: Int? = nil) {
        self.proxies = proxies
        self.authorityFile = authorityFile
        self.bytesPerSecond = bytesPerSecond
    }
}
