import Foundation
import GRDB

/// Reading columns without trusting the file.
extension Row {
    /// A column's value.
    ///
    /// - Throws: `FederationError.corruptState` where it is absent or has another type.
    func value<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard let value: Value = try optional(column) else { throw Row.damaged(column) }
        return value
    }

    /// A column's value, or nil where it is NULL.
    func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        guard let stored: DatabaseValue = self[column] else { throw Row.damaged(column) }
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else { throw Row.damaged(column) }
        return value
    }

    func date(_ column: String) throws -> Date { Date(timeIntervalSince1970: try value(column)) }

    func optionalDate(_ column: String) throws -> Date? {
        let seconds: Double? = try optional(column)
        return seconds.map { Date(timeIntervalSince1970: $0) }
    }

    func blobID(_ column: String) throws -> BlobID {
        guard let id = try optionalBlobID(column) else { throw Row.damaged(column) }
        return id
    }

    func optionalBlobID(_ column: String) throws -> BlobID? {
        guard let bytes: Data = try optional(column) else { return nil }
        guard let digest = ContentDigest(bytes: bytes) else { throw Row.damaged(column) }
        return BlobID(digest: digest)
    }

    /// A value of an enumeration that is stored by its raw value.
    func state<State: RawRepresentable<String>>(_ column: String) throws -> State {
        guard let state = State(rawValue: try value(column)) else { throw Row.damaged(column) }
        return state
    }

    private static func damaged(_ column: String) -> FederationError {
        FederationError(.corruptState, "a row of the run store has no usable \(column): restore the store from a copy")
    }
}
