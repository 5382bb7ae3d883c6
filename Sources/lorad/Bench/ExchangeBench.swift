import Crypto
import Foundation
import Privacy
import Tensors

/// Measures secure aggregation within one process: what a worker and the coordinator have to compute.
struct ExchangeBench {
    /// What one combination came to; times in seconds.
    struct Result: Codable {
        var workers: Int
        var lost: Int
        /// Bytes of an update's values in float32.
        var updateBytes: Int
        /// One worker: fixed point and masks.
        var maskSeconds: Double
        /// The coordinator: adding one masked vector.
        var foldSeconds: Double
        /// The coordinator: taking the masks off the sum.
        var unmaskSeconds: Double
        /// All that one worker sends, and gets.
        var sent: Int
        var received: Int
    }

    let workers: Int
    let lost: Int
    let values: Int
    private static let bits = 32

    /// Plays a round in which the last workers are lost before their vectors.
    func result() throws -> Result {
        let encoding = try FixedPoint(bits: Self.bits, workers: workers, largestWeight: 10, clip: .value(1))
        let configuration = try SecureAggregationConfiguration(
            run: "bench", round: 0, values: values, encoding: encoding, threshold: 0.67)
        var parties = try (0..<workers).map { _ in
            try SecureAggregationWorker(key: .init(), configuration: configuration, trusted: nil)
        }
        var server = SecureAggregationServer(configuration: configuration, trusted: nil)
        let lanes = AvailableCores.count
        let update = (0..<values).map { Float(sin(Double($0))) }
        let clock = ContinuousClock()
        var (sent, received) = (parties[0].advertisement.count, 0)
        var (masks, folds): ([Double], [Double]) = ([], [])
        func exchange(_ count: Int) throws {
            for index in 0..<count {
                guard let message = server.message(for: parties[index].identity) else { continue }
                let answer = try parties[index].answer(message)
                if index == 0 { (sent, received) = (sent + (answer?.count ?? 0), received + message.count) }
                if let answer { try server.receive(answer) }
            }
        }
        for party in parties { try server.receive(party.advertisement) }
        try server.advance()
        while server.stage < .inputs {
            try exchange(workers)
            try server.advance()
        }
        try exchange(workers)
        let left = workers - lost
        for index in 0..<left {
            var vector = Data()
            masks.append(
                try clock.measure {
                    vector = try parties[index].mask(encoding.encode(update, weight: 3), lanes: lanes).encoded
                } / .seconds(1))
            folds.append(try clock.measure { try server.fold(encoded: vector) } / .seconds(1))
        }
        sent += configuration.encodedVectorBytes
        try server.advance()
        try exchange(left)
        try server.advance()
        try exchange(left)
        let unmask = try clock.measure { _ = try server.finish(lanes: lanes) } / .seconds(1)
        return Result(
            workers: workers, lost: lost, updateBytes: 4 * values, maskSeconds: masks.median,
            foldSeconds: folds.median, unmaskSeconds: unmask, sent: sent, received: received)
    }
}

extension ExchangeBench.Result {
    /// A line of the table.
    var text: String {
        String(
            format:
                "%d workers, %d dropped out, %d MB: a worker masks in %.2f s, sends %.2f MB and receives %.3f MB; "
                + "the coordinator adds a vector in %.3f s and unmasks in %.2f s",
            workers, lost, updateBytes / 1_000_000, maskSeconds, Double(sent) / 1e6, Double(received) / 1e6,
            foldSeconds, unmaskSeconds)
    }
}
