import Foundation
import Models
import Transports

/// A coordinator that is asked over HTTP or HTTPS, by the holder of an access token.
struct RemoteCoordinator {
    /// The address without its scheme, as a request's `Host` has it.
    private let authority: String
    /// What stands before the page's own paths, as behind a reverse proxy; percent-encoded, without a slash at its end.
    private let prefix: String
    private let question: HTTPQuestion
    private let token: String?

    /// The environment variable with the token if no file is given. A command line would show the token to every user.
    static let variable = "LORAD_TOKEN"
    /// Timeout and maximum size in bytes of an answer.
    private static let (patience, limit) = (Duration.seconds(30), 512 << 20)

    /// Reads the address of the coordinator, and the token.
    ///
    /// - Parameters:
    ///   - url: the page's address, as `http://127.0.0.1:9800` or `https://lorad.example.org/run`.
    ///   - tokenFile: a file that holds the token; `nil` takes the environment's.
    ///   - authorityFile: certificate authorities to trust besides the system's.
    ///   - needsToken: whether a token is required.
    /// - Throws: `CommandError` for another kind of address, or if there is no token.
    init(
        url: String, tokenFile: String?, authorityFile: String? = nil, needsToken: Bool = true,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let parts = URL(string: url),
            let scheme = ["http": "ws", "https": "wss"][parts.scheme?.lowercased() ?? ""],
            let host = parts.host(), !host.isEmpty, parts.user == nil, parts.query == nil,
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else {
            throw CommandError(
                "--url \(url.debugDescription): expected http://HOST:PORT or https://HOST, the page's address")
        }
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        authority = name + (parts.port.map { ":\($0)" } ?? "")
        let path = parts.path(percentEncoded: true)
        prefix = path.hasSuffix("/") ? String(path.dropLast()) : path
        let port = parts.port ?? (scheme == "wss" ? 443 : 80)
        do {
            let outbound = Outbound(
                proxies: try ProxyRules(option: nil, environment: environment), authorityFile: authorityFile)
            question = try HTTPQuestion(to: Endpoint("\(scheme)://\(name):\(port)"), outbound: outbound)
        } catch let error as TransportError {
            throw CommandError("--url \(url): \(error)")
        }
        token = try Self.token(tokenFile, environment, isNeeded: needsToken)
    }

    private static func token(
        _ file: String?, _ environment: [String: String], isNeeded: Bool
    ) throws -> String? {
        guard let text = try file.map(read) ?? environment[variable] else {
            guard isNeeded else { return nil }
            throw CommandError("an access token is required: give --token-file FILE, or set \(variable)")
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandError("\(file ?? variable) contains no token: expected one line")
        }
        return token
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
        let answer = try ask(
            "POST", "/actions/\(action.name)",
            "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n", body)
        let json = try JSONValue(parsing: answer, file: "the coordinator's answer")
        return ActionReport(text: json["text"]?.stringValue ?? "", joinLine: json["join"]?.stringValue)
    }

    /// Prints its answer about its run.
    ///
    /// - Parameters:
    ///   - name: `list` or `show`.
    ///   - run: the run that it must coordinate; `nil` for whichever it does.
    ///   - last: the most rounds to list.
    /// - Throws: `CommandError` with its reason, if it does not answer, or if it coordinates another run.
    func show(_ name: String, json: Bool, of run: String? = nil, last: Int = 20) throws {
        if let run {
            let found = try JSONValue(parsing: ask("GET", "/runs/list.json"), file: "the coordinator's answer")
            let name = found["run"]?.stringValue
            guard name == run else {
                throw CommandError("\(authority) coordinates run \(name?.onOneLine ?? "unknown"), not \(run)")
            }
        }
        let answer = try ask("GET", "/runs/\(name).\(json ? "json" : "txt")\(json ? "" : "?last=\(last)")")
        guard json else {
            // Whoever answers must not steer a terminal.
            let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            return print(lines.map { String($0).onOneLine }.joined(separator: "\n"), terminator: "")
        }
        print(try JSONValue(parsing: answer, file: "the coordinator's answer").text())
    }

    private func ask(_ method: String, _ path: String, _ fields: String = "", _ body: String = "") throws -> Data {
        let credentials = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let request =
            "\(method) \(prefix)\(path) HTTP/1.1\r\nHost: \(authority)\r\n\(credentials)\(fields)Connection: close\r\n\r\n\(body)"
        let answer: HTTPAnswer
        do {
            answer = try question.ask(Data(request.utf8), limit: Self.limit, timeout: Self.patience)
        } catch let error as TransportError {
            throw CommandError("\(authority): \(error)")
        }
        // A coordinator answers these paths with neither web pages nor redirects.
        let isCoordinators = !(300..<400).contains(answer.status) && ![502, 504].contains(answer.status)
        guard isCoordinators, answer.type != "text/html" else {
            throw CommandError(
                "\(authority)\(prefix) gives HTTP \(answer.status) of a web server or a proxy, not of a coordinator: "
                    + "check the address and its path, and whether the coordinator runs behind it")
        }
        guard answer.status == 200 else {
            let text = String(decoding: answer.body.prefix(500), as: UTF8.self).trimmingCharacters(in: .newlines)
            throw CommandError("the coordinator refused the request (\(answer.status)): \(text.onOneLine)")
        }
        return answer.body
    }
}
