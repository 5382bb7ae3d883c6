import Foundation
import Training

/// What is noted while a run file is read.
struct ConfigurationReading {
    /// Whether paths must lead to something.
    let checksDisk: Bool
    /// Keys, dotted, that need not be given although their sections say so.
    let waived: Set<String>
    /// Whether keys that are not known may belong elsewhere in a run file.
    private let belongsToRunFile: Bool
    private(set) var problems: [ConfigurationError.Problem] = []
    private var path: [String] = []

    init(checksDisk: Bool, waived: Set<String> = [], belongsToRunFile: Bool = true) {
        self.checksDisk = checksDisk
        self.waived = waived
        self.belongsToRunFile = belongsToRunFile
    }

    /// Whether a key of the section that is being read need not be given.
    func waives(_ key: String) -> Bool { waived.contains((path + [key]).joined(separator: ".")) }

    /// Notes a problem with the key that is being read.
    mutating func note(_ reason: String, at origin: ConfigurationOrigin) {
        let key = path.isEmpty ? nil : path.joined(separator: ".")
        problems.append(.init(origin: origin, key: key, reason: reason))
    }

    /// Notes where a key's value is not as it must be.
    mutating func check<Value>(_ value: Value, _ constraint: Constraint<Value>, at entry: ConfigurationNode.Entry) {
        guard checksDisk || !constraint.concernsDisk, !constraint.isMet(value) else { return }
        let isWaived = constraint.concernsDisk && waived.contains(path.joined(separator: "."))
        guard !isWaived || entry.value.text?.isEmpty == false else { return }
        note(
            "must \(constraint.requirement), found \(entry.value.found)\(start(of: entry, constraint))",
            at: entry.origin)
    }

    /// Where a relative path starts, for one at which there is nothing.
    private func start<Value>(of entry: ConfigurationNode.Entry, _ constraint: Constraint<Value>) -> String {
        guard constraint.concernsDisk, let path = entry.value.text, !path.hasPrefix("/") else { return "" }
        return "; relative paths start at \(FileManager.default.currentDirectoryPath)"
    }

    /// Notes a key that does not belong where it is, and where it was likely meant to go.
    mutating func noteUnknown(_ entry: ConfigurationNode.Entry, among known: [String]) {
        let nearest = NearestName.of(entry.key, among: known)
        let sections = belongsToRunFile ? RunConfiguration.sections(holding: entry.key) : []
        let elsewhere = sections.map { "\($0).\(entry.key)" }
        let hint =
            switch (elsewhere.isEmpty, nearest) {
            case (false, _): "; it belongs at \(elsewhere.joined(separator: " or "))"
            case (true, let nearest?): "; did you mean \(nearest)?"
            case (true, nil): "; known keys: \(known.joined(separator: ", "))"
            }
        inside(entry.key) { $0.note("unknown key\(hint)", at: entry.origin) }
    }

    /// Reads what is under a key.
    mutating func inside(_ key: String, _ body: (inout ConfigurationReading) -> Void) {
        path.append(key)
        body(&self)
        path.removeLast()
    }
}
