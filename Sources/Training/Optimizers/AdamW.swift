import CKernels
import Foundation
public import Tensors

/// Adam with decoupled weight decay (arXiv:1711.05101), as torch.optim.AdamW computes it.
///
/// m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  p ← p(1 − ηλ) − η/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + ε)
///
/// A parameter without a gradient in a step is unchanged, including its step count t.
public struct AdamW: Sendable {
    /// One parameter and its moments.
    public struct Slot: Sendable {
        /// The parameter's key.
        public let key: String
        /// The parameter, float32, changed in place.
        public let parameter: Tensor
        /// Its peak learning rate as a share of the run's.
        public let rateFactor: Double
        /// λ.
        public let weightDecay: Double
        /// Steps taken.
        public internal(set) var steps = 0
        /// First moment.
        public internal(set) var mean: Tensor
        /// Second moment.
        public internal(set) var variance: Tensor
    }

    /// The parameters, in a fixed order.
    public internal(set) var slots: [Slot]
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double

    /// An optimizer with zero moments.
    ///
    /// - Parameter parameters: key, tensor, learning rate as a share of the run's, weight decay.
    public init(
        _ parameters: [(key: String, tensor: Tensor, rateFactor: Double, weightDecay: Double)], beta1: Double = 0.9,
        beta2: Double = 0.999, epsilon: Double = 1e-8
    ) {
        slots = parameters.map {
            Slot(
                key: $0.key, parameter: $0.tensor, rateFactor: $0.rateFactor, weightDecay: $0.weightDecay,
                mean: Tensor(zeros: $0.tensor.shape), variance: Tensor(zeros: $0.tensor.shape))
        }
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Takes a step with one gradient for each slot (nil: none), scaled by `gradientScale`.
    public mutating func step(_ gradients: [Tensor?], learningRate: Double, gradientScale: Double = 1) {
        precondition(gradients.count == slots.count, "\(gradients.count) gradients for \(slots.count) parameters")
        for index in slots.indices {
            guard let gradient = gradients[index] else { continue }
            slots[index].steps += 1
            update(slots[index], gradient, learningRate, gradientScale)
        }
    }

    private func update(_ slot: Slot, _ gradient: Tensor, _ learningRate: Double, _ gradientScale: Double) {
        let t = Double(slot.steps)
        let corrections = (Float(1 - pow(beta1, t)), Float(1 - pow(beta2, t)))
        slot.parameter.updateInPlace { p in
            slot.mean.updateInPlace { m in
                slot.variance.updateInPlace { v in
                    gradient.withFloats { g in
                        lorad_adamw(
                            p.baseAddress, g.baseAddress, m.baseAddress, v.baseAddress, p.count, Float(gradientScale),
                            Float(learningRate * slot.rateFactor), Float(beta1), Float(beta2), Float(epsilon),
                            Float(slot.weightDecay), corrections.0, corrections.1)
                    }
                }
            }
        }
    }

    /// The moments and counts, by name, for a checkpoint.
    public var stateDict: StateDict {
        var state = StateDict()
        for slot in slots where slot.steps > 0 {
            state["\(slot.key).mean"] = slot.mean
            state["\(slot.key).variance"] = slot.variance
            state["\(slot.key).steps"] = Tensor(integers: [Int64(slot.steps)])
        }
        return state
    }

    /// Restores the moments and counts of a checkpoint; parameters that it lacks start afresh.
    ///
    /// - Throws: `TrainingError` if a moment has the wrong shape or type.
    public mutating func restore(_ state: StateDict, from file: String) throws {
        for index in slots.indices {
            let key = slots[index].key
            guard let steps = state["\(key).steps"]?.integerValues.first else { continue }
            for name in ["mean", "variance"] {
                guard let moment = state["\(key).\(name)"], moment.shape == slots[index].parameter.shape,
                    moment.dtype == .float32
                else {
                    throw TrainingError(
                        .corruptFile,
                        "\(file): \(key).\(name) is missing or has the wrong shape; use an older checkpoint")
                }
                if name == "mean" {
                    slots[index].mean = moment.copied()
                } else {
                    slots[index].variance = moment.copied()
                }
            }
            slots[index].steps = Int(steps)
        }
    }
}
