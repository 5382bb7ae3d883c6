import Federation
import Foundation
import Tensors

/// Measures aggregators on updates that are in memory.
struct AggregationBench {
    /// The fastest of several runs of one aggregation.
    struct Result: Codable {
        var name: String
        var seconds: Double
    }

    private static let repetitions = 5

    /// Every measurement, one after another.
    func results() throws -> [Result] {
        let size = 20_000_000
        return [
            try measure("mean of 100 × 20 MB", "mean", ToyState(byteCount: size, tensors: 1).make(), updates: 100),
            try measure(
                "mean of 100 × 20 MB as 392 tensors", "mean", ToyState(byteCount: size, tensors: 392).make(),
                updates: 100),
            try measure(
                "coordinate median of 20 × 20 MB", "coordinate_median", ToyState(byteCount: size, tensors: 1).make(),
                updates: 20),
            try measure("FlexLoRA of 4 adapters, rank 16, 210 modules", "flexlora", Self.adapter(), updates: 4),
        ]
    }

    private func measure(_ title: String, _ name: String, _ state: StateDict, updates count: Int) throws -> Result {
        let start = try RoundStart(state: state, layout: FactorLayout(finding: state) { _ in 16 }, round: 0)
        let updates = (0..<count).map { index in
            Update(worker: "\(index)", weight: Double(index + 1), state: Self.noise(like: state, seed: UInt64(index)))
        }
        let (aggregator, received) = (try Aggregators.named(name), ReceivedUpdates(updates))
        let clock = ContinuousClock()
        let times = try (0..<Self.repetitions).map { _ in
            try clock.measure { _ = try aggregator.aggregate(received, from: start) } / .seconds(1)
        }
        return Result(name: title, seconds: times.min() ?? 0)
    }

    /// Values between −1 and 1.
    private static func noise(like state: StateDict, seed: UInt64) -> StateDict {
        var random = SplitMix64(seed: seed)
        return StateDict(
            state.entries.map { name, tensor in
                let noise = tensor.copied()
                noise.updateInPlace { values in
                    for index in values.indices {
                        values[index] = Float(Int32(truncatingIfNeeded: random.next())) / Float(Int32.max)
                    }
                }
                return (name, noise)
            })
    }

    /// All linears of a Llama of 30 layers, 576 wide, with three key and value heads of 64.
    private static func adapter() -> StateDict {
        let linears: [(String, Int, Int)] = [
            ("q_proj", 576, 576), ("k_proj", 576, 192), ("v_proj", 576, 192), ("o_proj", 576, 576),
            ("gate_proj", 576, 1536), ("up_proj", 576, 1536), ("down_proj", 1536, 576),
        ]
        let entries = (0..<30).flatMap { layer in
            linears.flatMap { name, inputs, outputs -> [(String, Tensor)] in
                [
                    ("layers.\(layer).\(name).lora_A.weight", Tensor(zeros: [16, inputs])),
                    ("layers.\(layer).\(name).lora_B.weight", Tensor(zeros: [outputs, 16])),
                ]
            }
        }
        return StateDict(entries)
    }
}
