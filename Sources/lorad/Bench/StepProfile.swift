import Foundation
import Tensors
import Training

/// Where the time of training steps goes, and what is in memory.
struct StepProfile: Codable {
    /// All work of one name and direction.
    struct Work: Codable {
        var name: String
        /// Times a step.
        var count: Double
        /// Milliseconds of lanes a step.
        var milliseconds: Double
        /// Share of the time of all lanes.
        var share: Double
        /// Floating-point operations of matrix products a second, in 10⁹.
        var gflops: Double
        /// Share of the time that went into these products.
        var productShare: Double
    }

    /// All matrix products of one shape.
    struct Product: Codable {
        var shape: String
        var count: Double
        var milliseconds: Double
        var gflops: Double
    }

    /// The longest first; time in which lanes had nothing to do last.
    var work: [Work]
    var products: [Product]
    /// Floating-point operations of matrix products a step.
    var operations: Double
    /// Operations a second of all lanes together, over the time of whole steps, in 10⁹.
    var gflops: Double
    var memory: MemoryUse

    init(_ threads: [[ProfileEvent]], steps: some Collection<StepReport>, lanes: Int, _ adapted: AdaptedModel) {
        let summary = ProfileSummary(threads)
        let count = Double(steps.count)
        let seconds = steps.reduce(0) { $0 + $1.seconds }
        let whole = seconds * Double(lanes)
        work = summary.lines.map { Work($0, steps: count, of: whole) }
        let idle = whole - summary.lines.reduce(0) { $0 + $1.seconds }
        work.append(
            Work(
                name: "between operations, waiting", count: 1, milliseconds: 1e3 * idle / count, share: idle / whole,
                gflops: 0, productShare: 0))
        products = summary.products.map { Product($0, steps: count) }
        operations = summary.lines.reduce(0) { $0 + $1.operations } / count
        gflops = operations * count / seconds / 1e9
        memory = MemoryUse(adapted)
    }
}

extension StepProfile.Work {
    init(_ line: ProfileSummary.Line, steps: Double, of whole: Double) {
        self.init(
            name: line.direction == .forward ? line.name : "\(line.name), backward", count: Double(line.count) / steps,
            milliseconds: 1e3 * line.seconds / steps, share: line.seconds / whole,
            gflops: line.operations / max(line.seconds, 1e-9) / 1e9,
            productShare: line.productSeconds / max(line.seconds, 1e-9))
    }
}

extension StepProfile.Product {
    init(_ line: ProfileSummary.ProductLine, steps: Double) {
        let operations = line.product.operations * Double(line.count)
        self.init(
            shape: line.product.description, count: Double(line.count) / steps,
            milliseconds: 1e3 * line.seconds / steps, gflops: operations / max(line.seconds, 1e-9) / 1e9)
    }
}

extension StepProfile {
    /// Tables to read.
    var text: String {
        var byWork = TextTable(columns: [
            .init(title: "work"), .init(title: "calls", isRight: true), .init(title: "ms", isRight: true),
            .init(title: "share", isRight: true), .init(title: "GFLOP/s", isRight: true),
            .init(title: "products", isRight: true),
        ])
        byWork.rows = work.map {
            [
                .init($0.name), .init(String(format: "%.0f", $0.count)), .init(String(format: "%.1f", $0.milliseconds)),
                .init(String(format: "%.1f%%", 100 * $0.share)),
                .init($0.gflops > 0 ? String(format: "%.0f", $0.gflops) : ""),
                .init($0.productShare > 0 ? String(format: "%.0f%%", 100 * $0.productShare) : ""),
            ]
        }
        var byProduct = TextTable(columns: [
            .init(title: "product"), .init(title: "calls", isRight: true), .init(title: "ms", isRight: true),
            .init(title: "GFLOP/s", isRight: true),
        ])
        byProduct.rows = products.prefix(24).map {
            [
                .init($0.shape), .init(String(format: "%.0f", $0.count)),
                .init(String(format: "%.1f", $0.milliseconds)),
                .init(String(format: "%.0f", $0.gflops)),
            ]
        }
        let head = String(
            format: "per step: %.1f GFLOP in matrix products, %.0f GFLOP/s overall; times are sums over all lanes",
            operations / 1e9, gflops)
        return ([head] + byWork.lines() + [""] + byProduct.lines() + [""] + memory.lines).joined(separator: "\n")
    }
}
