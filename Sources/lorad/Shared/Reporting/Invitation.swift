import Foundation
import Models
import Transports

/// What a coordinator says when it is ready: where it listens and how workers join.
struct Invitation: Sendable {
    let run: String
    let endpoint: Endpoint
    /// Where it listens for downloads and uploads.
    let bulk: Endpoint
    /// The folder with the run's state.
    let state: String
    let line: JoinLine
    /// When the line ceases to admit new workers; `nil` for never, or where only listed keys are admitted.
    let expiry: Date?
    /// How many new workers the line admits; `nil` for any number, or where only listed keys are admitted.
    let uses: Int?
    /// Workers that must be there before work begins.
    let minimumWorkers: Int
    /// Where metrics are served, if anywhere.
    var metrics: HTTPAddress?
    /// The URL of the run's page, if there is one.
    var dashboard: String?

    var announcement: Announcement {
        let expires: JSONValue? = expiry.map { JSONValue.string($0.ISO8601Format()) }
        let fields: [(String, JSONValue?)] = [
            ("run", .string(run)), ("endpoint", .string(endpoint.description)),
            ("bulk_endpoint", .string(bulk.description)), ("state", .string(state)), ("join", .string(line.text)),
            ("expires", expires), ("token_uses", uses.map(JSONValue.int)), ("min_workers", .int(minimumWorkers)),
            ("metrics", metrics.map { JSONValue.string("http://\($0)/metrics") }),
            ("dashboard", dashboard.map(JSONValue.string)),
        ]
        return Announcement("listening", text, fields)
    }

    private var text: String {
        let until = JoinLine.limits(uses: uses, until: expiry)
        let start = minimumWorkers == 1 ? "the first worker has joined" : "\(minimumWorkers) workers have joined"
        let figures = metrics.map { "\nmetrics are at http://\($0)/metrics" } ?? ""
        let page = dashboard.map { "\nthe run's page is at \($0)" } ?? ""
        return """
            run \(run) listens at \(endpoint) and \(bulk), with its state in \(state)\(figures)\(page)
            workers join with this line\(until):
              lorad worker --join '\(line.text)'
            training starts when \(start)
            """
    }
}

extension JoinLine {
    /// Whom a line admits, in brackets after a space; empty where only listed keys are admitted.
    fileprivate static func limits(uses: Int?, until expiry: Date?) -> String {
        guard let expiry else { return "" }
        let workers =
            uses.map { $0 == 1 ? "one new worker, before" : "\($0) new workers, before" } ?? "new workers until"
        let next = uses == nil ? "" : "; a new line is printed when this one is used up; --token-uses allows more"
        return " (it admits \(workers) \(expiry.ISO8601Format())\(next))"
    }
}

extension Admission.Renewal {
    /// What is said of a new join line.
    func announcement(_ line: JoinLine, expiry: Date?) -> Announcement {
        let (code, reason) =
            switch self {
            case .usedUp: ("used_up", "the join line has admitted all the workers that it may")
            case .revocation(let worker):
                ("revocation", "worker \(worker) was revoked, so the earlier join line is no longer valid")
            }
        return Announcement(
            "join_line", "\(reason); the next new worker joins with\n  lorad worker --join '\(line.text)'",
            [
                ("join", .string(line.text)), ("expires", expiry.map { .string($0.ISO8601Format()) }),
                ("reason", .string(code)),
            ])
    }
}
