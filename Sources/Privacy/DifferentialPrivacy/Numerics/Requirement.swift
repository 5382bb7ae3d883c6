/// Checks of settings, before anything is computed from them.
enum Requirement {
    static func probability(_ value: Double, _ name: String) throws {
        guard value > 0, value < 1 else {
            throw PrivacyError(.invalidConfiguration, "\(name) is \(value): expected a number between 0 and 1")
        }
    }

    static func share(_ value: Double, _ name: String) throws {
        guard value > 0, value <= 1 else {
            throw PrivacyError(.invalidConfiguration, "\(name) is \(value): expected a number above 0 and up to 1")
        }
    }

    static func positive(_ value: Double, _ name: String) throws {
        guard value > 0, value.isFinite else {
            throw PrivacyError(.invalidConfiguration, "\(name) is \(value): expected a finite number above 0")
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
