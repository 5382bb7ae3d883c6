/// The mean of workers' vectors, each counted by its weight.
public struct WeightedMean: Sendable, Equatable {
    /// Σ w·x / Σ w for each value.
    public let values: [Float]
    /// Σ w.
    public let weight: Int
    /// Elements of the sum, its weight among them, that honest workers cannot have sent. Each was read as the nearest possible.
    public let outOfRange: Int

    /// A mean.
    public init(values: [Float], weight: Int, outOfRange: Int = 0) {
        (self.values, self.weight, self.outOfRange) = (values, weight, outOfRange)
    }
}

extension FixedPoint {
    /// The weighted mean that a sum of `workers` encoded vectors stands for.
    ///
    /// Nobody can tell who sent an element that is out of range, for the masks hide it. So the sum is not refused, or one
    /// worker could end every round: such an element is read as the nearest one that honest workers of this weight can have
    /// sent. So each value of the mean is within the clip, but for a rounding of one step for each worker.
    ///
    /// - Parameters:
    ///   - sum: The ring elements of the sum, the weights' sum as the last.
    ///   - workers: How many vectors are in the sum.
    /// - Throws: ``PrivacyError/Code/invalidValue`` for an empty sum or a number of workers that there is no room for.
    public func decode(_ sum: [UInt32], workers: Int) throws -> WeightedMean {
        let weight = try weight(of: sum, workers: workers)
        let byWeight = Int(Double(weight.read) * clip.bound * scale) + workers + noiseBound
        let bound = min(bound(ofSumOf: workers), byWeight)
        let step = 1 / (scale * Double(weight.read))
        var outOfRange = weight.read == weight.found ? 0 : 1
        let values = sum.dropLast().map { element in
            let found = integer(element)
            let read = max(-bound, min(bound, found))
            if read != found { outOfRange += 1 }
            return Float(Double(read) * step)
        }
        return WeightedMean(values: values, weight: weight.read, outOfRange: outOfRange)
    }

    /// The same sum as it is, for noise to be added: Σ w·x in steps of 1 / ``scale``, and Σ w.
    ///
    /// With s the element, B what `workers` reach at most and R = 2^(bits−1), it is read as sign(s)·min(|s|, B, R − |s|). A
    /// step around the ring moves that by one at most, also where the ring ends. So whatever a dishonest worker sent, another
    /// one's vector moves the result by its own length at most. Honest sums beyond R / 2, for which more than half of the
    /// workers that there is room for must agree on a value at the clip, come out too small.
    ///
    /// - Throws: As `decode`.
    public func steps(of sum: [UInt32], workers: Int) throws -> (steps: [Int64], weight: Int) {
        let weight = try weight(of: sum, workers: workers)
        let bound = bound(ofSumOf: workers)
        let half = 1 << (bits - 1)
        let steps = sum.dropLast().map { element in
            let found = integer(element)
            return Int64(found.signum() * min(abs(found), bound, half - abs(found)))
        }
        return (steps, weight.read)
    }

    /// The largest magnitude, in steps, of an element in a sum of honest workers.
    private func bound(ofSumOf workers: Int) -> Int { workers * largestElement + noiseBound }

    private func weight(of sum: [UInt32], workers: Int) throws -> (found: Int, read: Int) {
        guard let last = sum.last, (1...self.workers).contains(workers) else {
            throw PrivacyError(.invalidValue, "a sum of \(workers) workers and \(sum.count) elements has no mean")
        }
        let found = integer(last)
        return (found, max(workers, min(workers * largestWeight, found)))
    }

    /// The signed integer that a ring element stands for, in ±2^(bits−1).
    public func integer(_ element: UInt32) -> Int {
        let shift = Int32(32 - bits)
        return Int(Int32(bitPattern: element << UInt32(shift)) >> shift)
    }
}
