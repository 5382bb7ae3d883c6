import Foundation
import Privacy
import Tensors

/// `lorad bench privacy`: rounds with masks beside plain ones, the work that masks are, and noise.
struct PrivacyBench {
    /// What was measured.
    struct Report: Codable {
        var plain: RoundBench.Cell
        var masked: RoundBench.Cell
        var exchanges: [ExchangeBench.Result]
        /// Seconds to draw and add noise to all values of an update, by kind.
        var noise: [String: Double]
    }

    let workers: Int
    /// Megabytes.
    let size: Int
    let rounds: Int
    /// Workers of the exchanges in one process.
    let exchanges: [Int]

    private var values: Int { size * 250_000 }

    /// Measures everything; `say` receives a line for each result.
    func report(_ say: (String) -> Void) throws -> Report {
        let state = ToyState(byteCount: size * 1_000_000, tensors: 1)
        let plain = try RoundBench(rounds: rounds).measure(workers: workers, state: state, processes: workers)
        say("plain: \(plain.text)")
        let masked = try RoundBench(rounds: rounds, isMasked: true)
            .measure(workers: workers, state: state, processes: workers)
        say("masked: \(masked.text)")
        say(
            String(
                format: "masked compared with plain: %.2f× the time, %.2f× the bytes received",
                masked.secondsPerRound / plain.secondsPerRound, Double(masked.received) / Double(plain.received)))
        var report = Report(plain: plain, masked: masked, exchanges: [], noise: [:])
        for count in exchanges {
            let result = try ExchangeBench(workers: count, lost: count / 10, values: values).result()
            say(result.text)
            report.exchanges.append(result)
        }
        for (name, seconds) in try noise() {
            say(String(format: "%@ noise on %d MB: %.2f s", name, size, seconds))
            report.noise[name] = seconds
        }
        return report
    }

    private func noise() throws -> [(String, Double)] {
        let lanes = AvailableCores.count
        let clock = ContinuousClock()
        let update = (0..<values).map { Float(sin(Double($0))) }
        let sum = update.map { Int64($0 * 1_000) }
        let central = try clock.measure {
            _ = try SumNoise(noiseMultiplier: 1, sensitivity: 0x1p20).noised(sum, step: 0x1p-20, lanes: lanes)
        }
        let shares = try [DistributedNoise.Kind.discreteGaussian, .skellam].map { kind in
            let noise = try DistributedNoise(
                kind: kind, clip: 1, noiseMultiplier: 1, fewestSurvivors: workers, mostWorkers: 2 * workers,
                values: values, bits: 32)
            let encoding = try DistributedEncoding(
                noise: noise, values: values, seed: 1, bits: 32, mostWorkers: 2 * workers)
            return (kind.rawValue, try clock.measure { _ = try encoding.encode(update, lanes: lanes) } / .seconds(1))
        }
        return [("gaussian", central / .seconds(1))] + shares
    }
}
