import Crypto
import Foundation

@testable import Privacy

/// A coordinator and its workers in one process, driven stage by stage; messages can be changed on the way.
struct TestRound {
    let configuration: SecureAggregationConfiguration
    let keys: [Curve25519.Signing.PrivateKey]
    var workers: [SecureAggregationWorker]
    var server: SecureAggregationServer

    init(
        workers count: Int, fewest: Int = 2, elements: Int = 37, bits: Int = 24, threshold: Double = 0.6,
        colluders: Int = 0,
        drawing rule: GraphRule = .standard, run: String = "test", round: UInt64 = 7, seed: UInt64 = 1
    ) throws {
        var configuration = try SecureAggregationConfiguration(
            run: run, round: round, elements: elements, bits: bits, fewestWorkers: fewest, mostWorkers: count,
            threshold: threshold, colluders: colluders)
        configuration.graphRule = rule
        self.configuration = configuration
        keys = try (0..<count).map { try Self.key(seed: 1, $0) }
        let trusted = Set(keys.map { WorkerIdentity($0.publicKey) })
        workers = try keys.enumerated().map { index, key in
            try SecureAggregationWorker(
                key: key, configuration: configuration, trusted: trusted,
                secret: Self.secret("secret \(seed) \(index) \(round)"))
        }
        server = SecureAggregationServer(configuration: configuration, trusted: trusted)
    }

    static func secret(_ text: String) -> SymmetricKey { SymmetricKey(data: SHA256.hash(data: Data(text.utf8))) }

    static func key(seed: UInt64, _ index: Int) throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: secret("identity \(seed) \(index)").bytes)
    }

    /// Vectors of the ring, different for each worker.
    func vectors(seed: UInt64 = 5) -> [[UInt32]] {
        workers.indices.map { worker in
            var generator = KeyStreamGenerator(key: Self.secret("vector \(seed) \(worker)"))
            let ring = UInt64(1) << UInt64(configuration.bits)
            return (0..<configuration.elements).map { _ in UInt32(generator.next() % ring) }
        }
    }

    func sum(_ vectors: [[UInt32]], of workers: some Sequence<Int>) -> [UInt32] {
        let ring = UInt32.max >> UInt32(32 - configuration.bits)
        return workers.reduce([UInt32](repeating: 0, count: configuration.elements)) { sum, worker in
            zip(sum, vectors[worker]).map { ($0 &+ $1) & ring }
        }
    }

    /// Every worker's answer to what the coordinator has for it in this stage.
    mutating func answers(of workers: [Int]) throws -> [Data] {
        try workers.compactMap { worker in
            guard let message = server.message(for: self.workers[worker].identity) else { return nil }
            return try self.workers[worker].answer(message)
        }
    }

    mutating func advertise(_ workers: [Int]) throws {
        for worker in workers { try server.receive(self.workers[worker].advertisement) }
        try server.advance()
        guard server.stage == .openings else { return }
        for answer in try answers(of: workers) { try server.receive(answer) }
        try server.advance()
    }

    mutating func share(_ workers: [Int]) throws {
        for answer in try answers(of: workers) { try server.receive(answer) }
        try server.advance()
    }

    mutating func send(_ vectors: [[UInt32]], of workers: [Int]) throws {
        _ = try answers(of: workers)
        for worker in workers {
            let masked = try self.workers[worker].mask(vectors[worker])
            try server.fold(masked.header) { masked.chunk($0) }
        }
        try server.advance()
    }

    mutating func consent(_ workers: [Int]) throws {
        for answer in try answers(of: workers) { try server.receive(answer) }
        try server.advance()
    }

    mutating func reveal(_ workers: [Int]) throws -> SecureSum {
        for answer in try answers(of: workers) { try server.receive(answer) }
        return try server.finish()
    }

    /// A whole round in which worker `w` is lost before it answers in stage `lost[w]`.
    mutating func play(_ vectors: [[UInt32]], losing lost: [Int: SecureAggregationServer.Stage] = [:]) throws
        -> SecureSum
    {
        let all = Array(workers.indices)
        func present(_ stage: SecureAggregationServer.Stage) -> [Int] {
            all.filter { lost[$0].map { $0 > stage } ?? true }
        }
        try advertise(present(.keys))
        try share(present(.shares))
        try send(vectors, of: present(.inputs))
        try consent(present(.consents))
        return try reveal(present(.reveals))
    }
}

extension Data {
    /// The same bytes with one bit changed.
    func flipped(at index: Int, bit: UInt8 = 1) -> Data {
        var bytes = self
        bytes[bytes.startIndex + index] ^= bit
        return bytes
    }
}

/// The code of the error that `body` throws.
func code(_ body: () throws -> Void) -> PrivacyError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? PrivacyError)?.code
    }
}
