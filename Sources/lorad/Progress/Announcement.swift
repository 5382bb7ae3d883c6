import Foundation
import Models

/// Something to tell: a line for people, or a JSON object for programs.
struct Announcement: Equatable, Sendable {
    /// The event, for programs.
    let event: String
    /// What people read; `nil` if they see it elsewhere.
    let text: String?
    /// Whether a terminal shows it as progress already.
    let isProgress: Bool
    /// Its data for programs.
    let fields: [JSONValue.Member]

    init(_ event: String, _ text: String?, isProgress: Bool = false, _ fields: [(String, JSONValue?)] = []) {
        self.event = event
        self.text = text
        self.isProgress = isProgress
        self.fields = fields.compactMap { name, value in value.map { JSONValue.Member(name, $0) } }
    }

    /// A line that only people have a use for.
    static func message(_ text: String) -> Announcement {
        Announcement("message", text, [("text", .string(text))])
    }

    /// The JSON object, on one line, in ASCII.
    func json(at time: Date) -> String {
        let stamp = time.ISO8601Format(.init(includingFractionalSeconds: true))
        return JSONValue.object([.init("time", .string(stamp)), .init("event", .string(event))] + fields).text()
    }
}
