/// Checks of settings, before anything is computed from them: within these ranges nothing overflows.
enum Requirement {
    /// A ratio of σ to a sensitivity; beyond, there is no privacy below and no signal above.
    static let noiseMultipliers = 0.01...1e6

    static func delta(_ value: Double) throws { try number(value, "delta", in: 1e-100...0.999_999_999) }

    static func rate(_ value: Double) throws { try number(value, "sampling rate", in: 1e-9...1) }

    static func positive(_ value: Double, _ name: String) throws {
        guard value > 0, value.isFinite else {
            throw PrivacyError(.invalidConfiguration, "\(name) is \(value): expected a finite number above 0")
        }
    }

    static func number(_ value: Double, _ name: String, in range: ClosedRange<Double>) throws {
        guard range.contains(value) else {
            throw PrivacyError(
                .invalidConfiguration,
                "\(name) is \(value): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
    }

    static func count(_ value: Int, _ name: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws {
        guard range.contains(value) else {
            throw PrivacyError(
                .invalidConfiguration,
                "\(name) is \(value): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
