public import Foundation

/// A profile in the trace event format of Chrome, which Perfetto and chrome://tracing open.
public enum ProfileTrace {
    fileprivate struct Event: Encodable {
        var name: String
        var cat: String
        let ph = "X"
        var ts: Double
        var dur: Double
        let pid = 1
        var tid: Int
        var args: [String: Double]
    }

    private struct File: Encodable {
        let displayTimeUnit = "ms"
        var traceEvents: [Event]
    }

    /// The file's contents: microseconds since the first event, a thread for each lane.
    public static func json(_ threads: [[ProfileEvent]]) throws -> Data {
        let start = threads.joined().map(\.start).min() ?? 0
        let events = threads.enumerated().flatMap { index, events in
            events.map { Event($0, since: start, thread: index + 1) }
        }
        return try JSONEncoder().encode(File(traceEvents: events))
    }
}

extension ProfileTrace.Event {
    fileprivate init(_ event: ProfileEvent, since start: UInt64, thread: Int) {
        let duration = Double(event.end - event.start)
        self.init(
            name: event.product.map(\.description) ?? event.name,
            cat: event.product != nil ? "product" : event.direction == .forward ? "forward" : "backward",
            ts: Double(event.start - start) / 1e3, dur: duration / 1e3, tid: thread,
            args: event.operations > 0 ? ["GFLOP/s": event.operations / max(duration, 1)] : [:])
    }
}

extension ProfileEvent.Product: CustomStringConvertible {
    /// For example `bfloat16 NT 256×1536×576 +`: type, layouts of the operands, m×n×k, whether it adds.
    public var description: String { "\(type) \(layout) \(m)×\(n)×\(k)\(accumulates ? " +" : "")" }
}
