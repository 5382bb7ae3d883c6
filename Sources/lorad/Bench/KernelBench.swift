import Foundation
import Synchronization
import Tensors
import Training

/// Measures the matrix products of a run file's steps by themselves, beside what they take within a step: how much of what
/// the processor and its best library can do a step makes use of.
struct KernelBench {
    struct Report: Codable {
        /// A matrix product of the steps.
        struct Product: Codable {
            var shape: String
            /// Times a step.
            var count: Double
            /// Within steps, in 10⁹ operations a second of a lane.
            var gflopsInSteps: Double
            /// By itself, with its operands in cache, by the fastest library, while every lane does the same.
            var gflopsAlone: Double
            var library: String
        }

        var products: [Product]
        var secondsPerStep: Double
        /// Seconds per step if it consisted only of its products, each as fast as alone.
        var secondsOfProductsAlone: Double
        /// The second of these by the first.
        var shareOfPeak: Double
        var lanes: Int
    }

    let configuration: RunConfiguration

    /// - Throws: As `TrainBench`.
    func report(steps: Int, warmUp: Int, say: (String) -> Void) throws -> Report {
        let measured = try TrainBench(configuration: configuration).measure(
            steps: steps, warmUp: warmUp, profiled: true, say: say)
        let lines = ProfileSummary(measured.threads).products
        var alone = 0.0
        let lanes = measured.opened.lanes.count
        let products = lines.compactMap { line -> Report.Product? in
            guard let best = Self.fastest(line.product, lanes: lanes) else { return nil }
            let count = Double(line.count) / Double(steps)
            alone += best.seconds * count
            return Report.Product(
                shape: line.product.description, count: count,
                gflopsInSteps: line.product.operations * Double(line.count) / line.seconds / 1e9,
                gflopsAlone: line.product.operations / best.seconds / 1e9, library: best.library)
        }
        let seconds = measured.counted.map(\.seconds).median
        return Report(
            products: products, secondsPerStep: seconds, secondsOfProductsAlone: alone / Double(lanes),
            shareOfPeak: alone / Double(lanes) / seconds, lanes: lanes)
    }

    /// The fastest library when all lanes compute the product at once: cores share clock, cache and sometimes arithmetic units,
    /// and one that is alone is faster than any is within steps. The seconds are those of lanes that would be equally fast.
    private static func fastest(
        _ product: ProfileEvent.Product, lanes: Int
    ) -> (library: String, seconds: Double)? {
        let rates = Mutex<[String: Double]>([:])
        DispatchQueue.concurrentPerform(iterations: lanes) { _ in
            let speeds = product.speeds()
            rates.withLock { rates in
                for speed in speeds { rates[speed.library, default: 0] += 1 / speed.seconds }
            }
        }
        return rates.withLock { $0.max { $0.value < $1.value } }
            .map { (library: $0.key, seconds: Double(lanes) / $0.value) }
    }
}

extension KernelBench.Report {
    /// A table to read.
    var text: String {
        var table = TextTable(columns: [
            .init(title: "product"), .init(title: "calls", isRight: true),
            .init(title: "GFLOP/s in steps", isRight: true),
            .init(title: "alone", isRight: true), .init(title: "library"),
        ])
        table.rows = products.prefix(32).map {
            [
                .init($0.shape), .init(String(format: "%.0f", $0.count)),
                .init(String(format: "%.0f", $0.gflopsInSteps)),
                .init(String(format: "%.0f", $0.gflopsAlone)), .init($0.library),
            ]
        }
        let sum = String(
            format:
                "%.3f s per step on %d lanes; its products alone on as many lanes, in cache, each with the fastest "
                + "library: %.3f s, %.0f%%",
            secondsPerStep, lanes, secondsOfProductsAlone, 100 * shareOfPeak)
        return (table.lines() + [sum]).joined(separator: "\n")
    }
}
