import Foundation
import Models

/// Where commands on the coordinator's machine leave what they ask of a run, and find the answer: the folder `control` of the
/// run, which only its owner may enter.
struct ControlDesk: Sendable {
    private let folder: URL

    /// - Parameter run: the run's folder.
    init(run: URL) { folder = run.appending(path: "control") }

    private static let request = "request"
    private static let reply = "reply"
    /// Seconds that a command waits for an answer, and longer than which no request is kept.
    private static let patience = 30.0

    /// The coordinator does not answer.
    struct Silence: Error, CustomStringConvertible {
        let description =
            "the coordinator does not answer: it may be starting or stopping, or be an earlier release; lorad runs "
            + "audit shows what was done"
    }

    // MARK: The command's side

    /// Asks a coordinator that runs, and waits for its answer.
    ///
    /// - Parameter isThere: whether the coordinator runs still.
    /// - Throws: `CommandError` with the coordinator's reason, `Silence` if it does not answer.
    func ask(_ action: RunAction, by requester: Requester, isThere: () -> Bool) throws -> ActionReport {
        let name = UUID().uuidString
        let (request, reply) = (path(name, Self.request), path(name, Self.reply))
        let text = JSONValue.object([
            .init("action", .string(action.name)), .init("parameters", action.parameters),
            .init("user", .string(requester.name)),
        ]).text()
        try StateFile.write(Data(text.utf8), to: request)
        defer {
            try? FileManager.default.removeItem(atPath: request)
            try? FileManager.default.removeItem(atPath: reply)
        }
        let deadline = Date(timeIntervalSinceNow: Self.patience)
        while Date() < deadline {
            if let data = FileManager.default.contents(atPath: reply) { return try Self.report(data) }
            guard isThere() else { break }
            Thread.sleep(forTimeInterval: 0.05)
        }
        throw Silence()
    }

    private static func report(_ data: Data) throws -> ActionReport {
        let json = try JSONValue(parsing: data, file: "the coordinator's answer")
        if let problem = json["problem"]?.stringValue { throw CommandError(problem) }
        return ActionReport(text: json["text"]?.stringValue ?? "", joinLine: json["join"]?.stringValue)
    }

    // MARK: The coordinator's side

    /// Answers what was asked since the last call.
    func serve(_ control: RunControl) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names.sorted() where name.hasSuffix("." + Self.request) {
            let path = folder.appending(path: name).path
            // Root's file may not be its new owner's yet.
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            try? FileManager.default.removeItem(atPath: path)
            let answer = Self.answer(data, control)
            let reply = self.path(String(name.dropLast(Self.request.count + 1)), Self.reply)
            try? StateFile.write(Data(answer.text().utf8), to: reply)
        }
    }

    /// Deletes requests of commands that were killed.
    func clear(now: Date = Date()) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] {
            let path = folder.appending(path: name).path
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            let age = (attributes?[.modificationDate] as? Date).map { now.timeIntervalSince($0) }
            if age.map({ $0 > Self.patience }) ?? true { try? FileManager.default.removeItem(atPath: path) }
        }
    }

    private static func answer(_ data: Data, _ control: RunControl) -> JSONValue {
        do {
            let json = try JSONValue(parsing: data, file: "the request")
            let action = try RunAction(
                name: json["action"]?.stringValue ?? "", parameters: json["parameters"] ?? .object([]))
            let user = Requester(kind: .user, name: json["user"]?.stringValue ?? "", origin: "local")
            let report = try control.perform(action, by: user)
            return .object(
                [.init("text", .string(report.text))] + (report.joinLine.map { [.init("join", .string($0))] } ?? []))
        } catch {
            return .object([.init("problem", .string("\(error)"))])
        }
    }

    private func path(_ name: String, _ kind: String) -> String { folder.appending(path: "\(name).\(kind)").path }
}
