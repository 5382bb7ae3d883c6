import ArgumentParser
import Foundation
import Transports

/// Options that say how a worker reaches its coordinator.
struct LinkOptions: ParsableArguments {
    @Option(
        help: """
            HTTP proxy to the coordinator, http://HOST:PORT, for a join line with wss:// or ws://. For wss:// the default is \
            HTTPS_PROXY and NO_PROXY; "none" uses no proxy.
            """)
    var proxy: String?

    @Option(help: "File of mode 600 that contains USER:PASSWORD for the proxy.")
    var proxyAuthFile: String?

    @Option(help: "PEM file of certificate authorities to trust in addition to the system's, for wss://.")
    var caFile: String?

    @Option(
        help: """
            Limit for downloads and uploads together, in bytes per second, for example 500k or 2M; at least 64k (default: no \
            limit). Heartbeats and requests for work are not limited.
            """,
        transform: ByteRateOption.init(text:))
    var limitRate: ByteRateOption?

    @Option(
        help: """
            Hours of the day in which to work, in local time, for example 20:00-06:00. Outside them the worker disconnects and \
            waits. Work that is unfinished when they end is discarded.
            """)
    var only: String?

    @Flag(help: "Exit with code 75 outside the hours of --only instead of waiting, so that a scheduler can restart it.")
    var exitOutside = false

    /// The hours of `--only`.
    var hours: WorkHours? {
        only.flatMap { DailyWindow($0) }.map { WorkHours(window: $0, endsOutside: exitOutside) }
    }

    func validate() throws {
        if let only, DailyWindow(only) == nil {
            throw ValidationError("--only \(only): expected HH:MM-HH:MM with two different times, such as 20:00-06:00")
        }
        if exitOutside, only == nil { throw ValidationError("--exit-outside needs --only") }
        if let proxy, proxy.contains("@") {
            throw ValidationError(
                "--proxy must not contain a password, which other users could see: use --proxy-auth-file FILE or HTTPS_PROXY"
            )
        }
        if proxyAuthFile != nil, proxy == "none" { throw ValidationError("--proxy-auth-file needs a proxy") }
    }

    /// The way out that the options and the environment name.
    ///
    /// - Throws: `CommandError` or `TransportError` if a file or an address cannot be used.
    func outbound(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Outbound {
        let credentials = try proxyAuthFile.map { try Self.credentials(in: $0) }
        return Outbound(
            proxies: try ProxyRules(option: proxy, credentials: credentials, environment: environment),
            authorityFile: caFile, bytesPerSecond: limitRate?.bytesPerSecond)
    }

    private static func credentials(in path: String) throws -> HTTPProxy.Credentials {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("--proxy-auth-file \(path): no such file, or it cannot be read")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        guard mode & 0o077 == 0 else {
            throw CommandError("--proxy-auth-file \(path): other users may read it: chmod 600 \(path)")
        }
        do {
            return try HTTPProxy.Credentials(
                String(decoding: data.prefix(4096), as: UTF8.self).trimmingCharacters(in: .newlines))
        } catch {
            throw CommandError("--proxy-auth-file \(path): \(error)")
        }
    }
}
