import Foundation

/// The rotary embedding of a decoder (arXiv:2104.09864): how fast each pair of a head's values turns with position.
public struct RotaryParameters: Sendable, Equatable {
    /// How the frequencies are changed for longer contexts.
    public enum Scaling: Sendable, Equatable {
        /// As trained.
        case none
        /// Every frequency divided by a factor (position interpolation, arXiv:2306.15595).
        case linear(factor: Double)
        /// Llama 3.1: low frequencies divided, high ones kept, those between blended.
        case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalPositions: Int)
    }

    /// The base of the geometric series of wavelengths.
    public var theta: Double
    /// The change for longer contexts.
    public var scaling: Scaling

    /// Reads `rope_parameters`, or the older `rope_theta` and `rope_scaling`.
    ///
    /// A `rope_scaling` that says something takes the place of all of `rope_parameters`, as in transformers 5.
    init(_ reader: ConfigurationReader, maximumPositions: Int) throws {
        let old = try reader.section("rope_scaling")
        let section = try old.object == .object([]) ? reader.section("rope_parameters") : old
        let source = section.has("rope_theta") ? section : reader
        theta = try source.positive("rope_theta", default: 10_000)
        guard
            try section.number("partial_rotary_factor", default: reader.number("partial_rotary_factor", default: 1))
                == 1
        else {
            throw section.invalid("partial_rotary_factor", "below 1", "1 (lorad rotates whole heads)")
        }
        let type = try section.text(section.has("rope_type") ? "rope_type" : "type", default: "default")
        switch type {
        case "default": scaling = .none
        case "linear": scaling = .linear(factor: try section.positive("factor"))
        case "llama3":
            scaling = .llama3(
                factor: try section.positive("factor"), lowFrequency: try section.number("low_freq_factor"),
                highFrequency: try section.number("high_freq_factor"),
                originalPositions: try section.size("original_max_position_embeddings", default: maximumPositions))
        default: throw section.invalid("rope_type", "\"\(type)\"", "default, linear or llama3")
        }
    }

    /// Angle a position, for each of the `headSize / 2` pairs; in float32 steps as transformers computes them.
    func inverseFrequencies(headSize: Int) -> [Double] {
        stride(from: 0, to: headSize, by: 2).map { i in
            let frequency = Double(1 / Float(pow(theta, Double(Float(i) / Float(headSize)))))
            return scaled(frequency)
        }
    }

    private func scaled(_ frequency: Double) -> Double {
        switch scaling {
        case .none: return frequency
        case .linear(let factor): return frequency / factor
        case .llama3(let factor, let low, let high, let positions):
            let turns = Double(positions) * frequency / (2 * Double.pi)  // over the original context
            if turns > high { return frequency }
            if turns < low { return frequency / factor }
            let blend = (turns - low) / (high - low)
            return (1 - blend) * frequency / factor + blend * frequency
        }
    }
}
