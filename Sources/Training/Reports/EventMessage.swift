import Foundation

/// TensorFlow's `Event` message (`tensorflow/core/util/event.proto`), as far as scalars need it.
///
/// Event: 1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary, 7 session_log.
/// Summary: repeated 1 value. Value: 1 tag (string), 2 simple_value (float). SessionLog: 1 status (1 = START).
enum EventMessage {
    /// What each file begins with.
    static func fileVersion(time: Double) -> Data {
        var event = beginning(time: time, step: 0)
        event.append(bytes: Data("brain.Event:2".utf8), field: 3)
        return event.data
    }

    /// Says that what earlier files hold from this step on is void.
    static func sessionStart(step: Int, time: Double) -> Data {
        var log = ProtobufMessage()
        log.append(varint: 1, field: 1)
        var event = beginning(time: time, step: step)
        event.append(bytes: log.data, field: 7)
        return event.data
    }

    /// A step's values.
    static func scalars(_ values: [(name: String, value: Double)], step: Int, time: Double) -> Data {
        var summary = ProtobufMessage()
        for (name, number) in values {
            var value = ProtobufMessage()
            value.append(bytes: Data(name.utf8), field: 1)
            value.append(float: Float(number), field: 2)
            summary.append(bytes: value.data, field: 1)
        }
        var event = beginning(time: time, step: step)
        event.append(bytes: summary.data, field: 5)
        return event.data
    }

    private static func beginning(time: Double, step: Int) -> ProtobufMessage {
        var event = ProtobufMessage()
        event.append(double: time, field: 1)
        if step != 0 { event.append(varint: UInt64(step), field: 2) }
        return event
    }
}
