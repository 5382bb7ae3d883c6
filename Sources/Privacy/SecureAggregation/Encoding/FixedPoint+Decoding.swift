/// The mean of workers' vectors, each counted by its weight.
public struct WeightedMean: Sendable, Equatable {
    /// Σ w·x / Σ w for each value.
    public let values: [Float]
    /// Σ w.
    public let weight: Int

    /// A mean.
    public init(values: [Float], weight: Int) { (self.values, self.weight) = (values, weight) }
}

extension FixedPoint {
    /// The weighted mean that a sum of `workers` encoded vectors stands for.
    ///
    /// A sum whose masks were not all taken away is spread over the whole ring; that every element must lie within
    /// what so many workers can have sent finds it out.
    ///
    /// - Parameters:
    ///   - sum: The ring elements of the sum, the weights' sum as the last.
    ///   - workers: How many vectors are in the sum.
    /// - Throws: ``PrivacyError/Code/tampered`` for an element or a weight that these workers cannot have sent.
    public func decode(_ sum: [UInt32], workers: Int) throws -> WeightedMean {
        let (steps, weight) = try steps(of: sum, workers: workers)
        let step = 1 / (scale * Double(weight))
        return WeightedMean(values: steps.map { Float(Double($0) * step) }, weight: weight)
    }

    /// The same sum as it is: Σ w·x in steps of 1 / ``scale``, and Σ w.
    ///
    /// - Throws: As `decode`.
    public func steps(of sum: [UInt32], workers: Int) throws -> (steps: [Int64], weight: Int) {
        guard let last = sum.last, (1...self.workers).contains(workers) else {
            throw PrivacyError(.invalidValue, "a sum of \(workers) workers and \(sum.count) elements has no mean")
        }
        let weight = integer(last)
        guard (workers...workers * largestWeight).contains(weight) else {
            throw PrivacyError(
                .tampered,
                "the weights of \(workers) workers sum to \(weight); \(workers) to \(workers * largestWeight) is "
                    + "possible: a worker sent what its masks do not cover")
        }
        let bound = workers * largestElement + noiseBound
        var steps: [Int64] = []
        steps.reserveCapacity(sum.count - 1)
        for index in 0..<sum.count - 1 {
            let element = integer(sum[index])
            guard abs(element) <= bound else {
                throw PrivacyError(
                    .tampered,
                    "element \(index) of the sum is \(element); \(workers) workers reach \(bound) at most: a worker "
                        + "sent what its masks do not cover, or more than the clip")
            }
            steps.append(Int64(element))
        }
        return (steps, weight)
    }

    /// The signed integer that a ring element stands for, in ±2^(bits−1).
    public func integer(_ element: UInt32) -> Int {
        let shift = Int32(32 - bits)
        return Int(Int32(bitPattern: element << UInt32(shift)) >> shift)
    }
}
