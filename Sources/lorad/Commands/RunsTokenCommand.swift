import ArgumentParser
import Foundation
import Models

/// `lorad runs token`: who may look at runs over HTTP, and act on them.
struct RunsTokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke access tokens for a coordinator's page, metrics and actions.",
        discussion: """
            Examples:
              lorad runs token --role look --name grafana --output grafana.token
              lorad runs token list
              lorad runs token revoke grafana
            """,
        subcommands: [RunsTokenCreateCommand.self, RunsTokenListCommand.self, RunsTokenRevokeCommand.self],
        defaultSubcommand: RunsTokenCreateCommand.self)
}

/// `lorad runs token create`.
struct RunsTokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token and print it. Only its digest is stored.",
        discussion: "Example:\n  lorad runs token --role manage --name alice --expires 30d")

    @OptionGroup var options: RunsOptions

    @Option(
        help: "look: page and metrics. manage: also pause, resume, stop, revoke, extend and create join tokens.")
    var role: AccessRole

    @Option(help: "Name of the holder in the audit log: a person or a program.")
    var name: String

    @Option(help: "How long the token is valid: 12h, 30d or never (no expiry).")
    var expires = Lifetime(seconds: 90 * 86_400)

    @Option(help: "File of mode 600 to write the token to instead of printing it.")
    var output: String?

    func run() throws {
        let (token, now) = (AccessToken(), Date())
        let expiry = expires.seconds.map { now + $0 }
        if let output, FileManager.default.fileExists(atPath: output) {
            throw CommandError("\(output) already exists: give another file, or remove this one")
        }
        try AccessTokenFile(StateFolder(options.state)).change { tokens in
            try tokens.add(AccessTokenRecord(token, name: name, role: role, created: now, expires: expiry))
            if let output { try StateFile.write(Data((token.text + "\n").utf8), to: output) }
        }
        let until = expiry.map { "until \($0.ISO8601Format())" } ?? "until it is revoked"
        let place = output.map { " It is in \($0)." } ?? " It is shown only once."
        FileHandle.standardError.tell("token \(name) is valid for the role \(role.rawValue) \(until).\(place)\n")
        if output == nil { print(token.text) }
    }
}

/// `lorad runs token list`.
struct RunsTokenListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the access tokens, without the tokens themselves.",
        discussion: "Example:\n  lorad runs token list --json")

    @OptionGroup var options: RunsOptions

    @Flag(help: "Print one JSON object per line for each token.")
    var json = false

    func run() throws {
        let (records, now) = (try AccessTokenFile(StateFolder(options.state)).tokens().records, Date())
        if json { return records.forEach { print($0.json(at: now).text()) } }
        let style = ProgressStyle.standardOutput()
        let table = TextTable(
            columns: [
                .init(title: "token"), .init(title: "role"), .init(title: "state"), .init(title: "made", rank: 1),
                .init(title: "expires"),
            ],
            rows: records.map { record in
                [
                    .init(record.name), .init(record.role.rawValue), .init(record.state(at: now)),
                    .init(record.created.ISO8601Format()), .init(record.expires?.ISO8601Format() ?? "never"),
                ]
            })
        let lines = table.lines(width: style.isTerminal ? style.columns : .max, usesColour: style.usesColour)
        print(lines.joined(separator: "\n"))
    }
}

extension AccessTokenRecord {
    fileprivate func json(at now: Date) -> JSONValue {
        func time(_ date: Date?) -> JSONValue { date.map { .string($0.ISO8601Format()) } ?? .null }
        return .object([
            .init("name", .string(name)), .init("role", .string(role.rawValue)),
            .init("state", .string(state(at: now))),
            .init("created", time(created)), .init("expires", time(expires)), .init("revoked", time(revoked)),
        ])
    }
}

/// `lorad runs token revoke`.
struct RunsTokenRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke an access token. Running coordinators refuse it immediately.",
        discussion: "Example:\n  lorad runs token revoke grafana")

    @Argument(help: "Name of the token.")
    var name: String

    @OptionGroup var options: RunsOptions

    func run() throws {
        try AccessTokenFile(StateFolder(options.state)).change { try $0.revoke(name, now: Date()) }
        print("token \(name) is revoked")
    }
}
