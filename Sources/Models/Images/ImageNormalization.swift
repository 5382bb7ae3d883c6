/// (x − mean) / deviation, each for R, G and B.
public struct ImageNormalization: Sendable, Hashable, Codable {
    /// What is subtracted.
    public var mean: [Double]
    /// What is divided by.
    public var deviation: [Double]

    /// A normalisation by three means and three deviations.
    public init(mean: [Double], deviation: [Double]) {
        precondition(mean.count == 3 && deviation.count == 3)
        self.mean = mean
        self.deviation = deviation
    }
}
