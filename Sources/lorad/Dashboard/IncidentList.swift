import Federation

/// The last incidents of each kind: strangers at the door do not crowd out a worker's failure.
struct IncidentList: Equatable, Sendable {
    private static let limit = 10
    private var kinds: [String: [IncidentRecord]] = [:]

    init(_ incidents: [IncidentRecord] = []) { for incident in incidents { add(incident) } }

    /// Adds an incident; they come in order.
    mutating func add(_ incident: IncidentRecord) {
        kinds[incident.kind, default: []].append(incident)
        if kinds[incident.kind, default: []].count > Self.limit { kinds[incident.kind]?.removeFirst() }
    }

    /// All of them, newest first.
    var newest: [RunPage.Incident] {
        kinds.values.joined().sorted { ($0.time, $0.text) > ($1.time, $1.text) }
            .map { RunPage.Incident(time: $0.time, text: $0.text.onOneLine) }
    }
}
