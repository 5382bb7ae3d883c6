import Foundation
import Models

/// A coordinator that is asked over HTTP, by the holder of an access token.
struct RemoteCoordinator {
    private let host: String
    private let port: UInt16
    private let token: String

    /// The variable that a token is taken from where no file is given. A command line would show it to every user.
    static let variable = "LORAD_TOKEN"
    /// Seconds that an answer may take, and the most bytes of one.
    private static let (patience, limit) = (30, 1 << 20)

    /// Reads where the coordinator is, and the token.
    ///
    /// - Parameters:
    ///   - url: the page's address, as `http://127.0.0.1:9800`.
    ///   - tokenFile: a file that holds the token; `nil` takes the environment's.
    /// - Throws: `CommandError` for another kind of address, or if there is no token.
    init(url: String, tokenFile: String?, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard let parts = URL(string: url), parts.scheme == "http", let host = parts.host(), !host.isEmpty,
            ["", "/"].contains(parts.path), let port = UInt16(exactly: parts.port ?? 80)
        else {
            throw CommandError(
                "--url \(url.debugDescription): expected http://HOST:PORT, the page's address; for one behind TLS use curl, or ssh -L"
            )
        }
        (self.host, self.port) = (host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")), port)
        guard let text = try tokenFile.map(Self.read) ?? environment[Self.variable] else {
            throw CommandError("a token is needed: give --token-file FILE, or set \(Self.variable)")
        }
        token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandError("\(tokenFile ?? Self.variable) holds no token: expected one line")
        }
    }

    private static func read(_ path: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw CommandError("\(path): cannot be read")
        }
    }

    /// Has it carry an action out.
    ///
    /// - Parameter run: the run that it must coordinate; another is left alone.
    /// - Throws: `CommandError` with its reason, or if it does not answer.
    func perform(_ action: RunAction, of run: String) throws -> ActionReport {
        var members = action.parameters.objectValue ?? []
        members.append(.init("run", .string(run)))
        let body = JSONValue.object(members).text()
        let name = host.contains(":") ? "[\(host)]" : host
        let answer = try exchange(
            "POST /actions/\(action.name) HTTP/1.1\r\nHost: \(name):\(port)\r\nAuthorization: Bearer \(token)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        )
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let status = parts[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard parts.count == 2, let status else { throw CommandError("\(name):\(port) does not speak HTTP") }
        let text = String(parts[1])
        guard status == 200 else {
            throw CommandError("the coordinator refuses (\(status)): \(String(text.prefix(500)).onOneLine)")
        }
        let json = try JSONValue(parsing: Data(text.utf8), file: "the coordinator's answer")
        return ActionReport(text: json["text"]?.stringValue ?? "", joinLine: json["join"]?.stringValue)
    }

    private func exchange(_ request: String) throws -> String {
        let file = try connected()
        do {
            try file.write(contentsOf: Data(request.utf8))
            var answer = Data()
            while answer.count < Self.limit, let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty {
                answer += piece
            }
            return String(decoding: answer, as: UTF8.self)
        } catch {
            throw CommandError("\(host):\(port): the connection broke off")
        }
    }

    /// A connection to the first of the host's addresses that takes one.
    private func connected() throws -> FileHandle {
        var hints = addrinfo()
        #if os(Linux)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else {
            throw CommandError("\(host): there is no such host, or its name cannot be looked up")
        }
        defer { freeaddrinfo(list) }
        var next = list
        while let address = next {
            let found = address.pointee
            let descriptor = socket(found.ai_family, found.ai_socktype, found.ai_protocol)
            if descriptor >= 0 {
                var time = timeval(tv_sec: Self.patience, tv_usec: 0)
                setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
                if connect(descriptor, found.ai_addr, found.ai_addrlen) == 0 {
                    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                }
                close(descriptor)
            }
            next = found.ai_next
        }
        throw CommandError("\(host):\(port): nothing answers there")
    }
}
