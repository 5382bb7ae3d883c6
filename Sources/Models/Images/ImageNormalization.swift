/// (x − mean) / deviation, each for R, G and B.
public struct ImageNormalization: Sendable, Hashable {
    /// What is subtracted.
    public let mean: [Double]
    /// What is divided by.
    public let deviation: [Double]

    /// A normalisation. Precondition: there are three means and three deviations.
    public init(mean: [Double], deviation: [Double]) {
        precondition(mean.count == 3 && deviation.count == 3)
        self.mean = mean
        self.deviation = deviation
    }
}
