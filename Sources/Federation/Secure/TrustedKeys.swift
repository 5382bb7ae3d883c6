import Foundation
public import Privacy
import SwiftProtobuf

/// Whom a worker takes part in an exchange with, as it tells the coordinator with its keys.
///
/// The coordinator leaves workers out whom others do not accept, so that these do not leave. It is a service and no protection:
/// each worker checks the list of keys itself, whatever the coordinator makes of this.
public struct TrustedKeys: Equatable, Sendable {
    /// The most keys that a worker names: 96 KiB, so that the message fits a control record.
    public static let most = 6_144

    /// A key's fingerprint, in two words: a thousand workers name a thousand keys each.
    struct Fingerprint: Hashable, Comparable, Sendable {
        let high: UInt64
        let low: UInt64

        /// - Parameter bytes: 16 of them.
        init(_ bytes: some Sequence<UInt8>) {
            (high, low) = bytes.enumerated().reduce(into: (0, 0)) { words, byte in
                if byte.offset < 8 {
                    words.0 = words.0 << 8 | UInt64(byte.element)
                } else {
                    words.1 = words.1 << 8 | UInt64(byte.element)
                }
            }
        }

        var bytes: Data {
            withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Data($0) }
        }

        static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
    }

    /// Fingerprints of the accepted keys; `nil` accepts everyone.
    let fingerprints: Set<Fingerprint>?
    /// The fewest workers, this one among them, that the worker takes part with.
    public let fewest: Int

    /// Takes part with whoever the coordinator names.
    public static let everyone = TrustedKeys()

    private init(fingerprints: Set<Fingerprint>? = nil, fewest: Int = 0) {
        self.fingerprints = fingerprints
        self.fewest = fewest
    }

    /// Takes part with the owners of these keys.
    ///
    /// A list of more than `most` keys cannot be told: the coordinator hears that everyone is accepted, and the worker leaves
    /// by itself where that is not so.
    public init(_ keys: Set<WorkerIdentity>?, fewest: Int) {
        guard let keys, keys.count <= Self.most else {
            self = .everyone
            return
        }
        self.init(fingerprints: Set(keys.map { Fingerprint($0.fingerprint) }), fewest: max(0, fewest))
    }

    /// Whether the worker takes part with the owner of a key of this fingerprint.
    func accepts(_ key: Fingerprint) -> Bool { fingerprints?.contains(key) ?? true }
}

extension TrustedKeys {
    /// What a worker says; everyone where it says nothing, as earlier releases do.
    ///
    /// - Throws: `FederationError.invalidUpdate` for a list that cannot be one.
    init(_ wire: WireTrust?) throws {
        guard let wire, !wire.everyone else {
            self = .everyone
            return
        }
        let size = WorkerIdentity.fingerprintByteCount
        guard wire.fingerprints.count % size == 0, wire.fingerprints.count / size <= Self.most else {
            throw FederationError(
                .invalidUpdate, "a list of trusted keys of \(wire.fingerprints.count) bytes: run the same release")
        }
        let bytes = Data(wire.fingerprints)
        let keys = stride(from: 0, to: bytes.count, by: size).map { Fingerprint(bytes[$0..<$0 + size]) }
        self.init(fingerprints: Set(keys), fewest: Int(wire.fewest))
    }

    /// As it is sent.
    var wire: WireTrust {
        .with { wire in
            guard let fingerprints else { return wire.everyone = true }
            wire.fingerprints = fingerprints.sorted().reduce(into: Data()) { $0 += $1.bytes }
            wire.fewest = UInt32(clamping: fewest)
        }
    }
}
