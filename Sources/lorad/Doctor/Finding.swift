import Models

/// What the doctor says of one part of a machine.
struct Finding: Equatable, Sendable {
    /// How it is.
    enum State: String, Comparable, Sendable {
        case ok, warning, problem

        static func < (one: State, other: State) -> Bool {
            let order: [State] = [.ok, .warning, .problem]
            return (order.firstIndex(of: one) ?? 0) < (order.firstIndex(of: other) ?? 0)
        }
    }

    /// The part: `memory`.
    let subject: String
    let state: State
    /// What was found.
    let text: String
    /// What to change, if anything.
    let action: String?

    static func ok(_ subject: String, _ text: String) -> Finding {
        Finding(subject: subject, state: .ok, text: text, action: nil)
    }

    static func warning(_ subject: String, _ text: String, _ action: String) -> Finding {
        Finding(subject: subject, state: .warning, text: text, action: action)
    }

    static func problem(_ subject: String, _ text: String, _ action: String) -> Finding {
        Finding(subject: subject, state: .problem, text: text, action: action)
    }

    var json: JSONValue {
        .object([
            .init("subject", .string(subject)), .init("state", .string(state.rawValue)), .init("text", .string(text)),
            .init("action", action.json),
        ])
    }
}

extension [Finding] {
    /// The worst state among them.
    var state: Finding.State { map(\.state).max() ?? .ok }

    /// A line each: state, subject, what was found, and below it what to change.
    func lines(usesColour: Bool = false) -> [String] {
        var table = TextTable(columns: [.init(title: "state"), .init(title: "part"), .init(title: "found")])
        for finding in self {
            let tone: TextTable.Tone =
                switch finding.state {
                case .ok: .good
                case .warning: .warning
                case .problem: .bad
                }
            table.rows.append([.init(finding.state.rawValue, tone), .init(finding.subject), .init(finding.text)])
            if let action = finding.action { table.rows.append(["", "", .init("→ " + action)]) }
        }
        return [String](table.lines(usesColour: usesColour).dropFirst())
    }
}
