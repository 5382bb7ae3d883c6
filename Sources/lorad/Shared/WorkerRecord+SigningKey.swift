import Federation
import Foundation
import Models
import Privacy

extension WorkerRecord {
    private static let signingKeyName = "signing_key"

    /// What a record says of the worker's signing key, in its description of the machine; nothing if it named none.
    static func member(ofSigningKey bytes: Data) -> [JSONValue.Member] {
        guard let key = try? WorkerIdentity(bytes: bytes) else { return [] }
        return [.init(signingKeyName, .string(key.text))]
    }

    /// The signing key that the worker joined with; `nil` if it named none, or an older lorad has written the record.
    var signingKey: WorkerIdentity? {
        let machine = try? JSONValue(parsing: Data(machine.utf8), file: "machine")
        return machine?[Self.signingKeyName]?.stringValue.flatMap { try? WorkerIdentity(text: $0) }
    }
}
