public import Tensors

extension PrivateSteps {
    /// (sum + noise) / divisor of one step whose units have given gradients instead of computed ones. Sampling,
    /// clipping, summing and noise are the same as in `LocalStretch`. For audits, which insert gradients with a chosen
    /// direction.
    ///
    /// - Parameters:
    ///   - dimension: the length of a gradient.
    ///   - gradient: the gradient of the unit with the given examples, a vector.
    /// - Throws: what drawing the sample or the noise throws.
    public func release(dimension: Int, gradient: (_ rows: [Int]) -> Tensor) throws -> [Float] {
        let trained = [Tensor(zeros: [dimension])]
        let sum = GradientSum(trained, grid: grid)
        for unit in try draw() {
            let canary = gradient(unit.rows)
            guard let factor = grid.factor(of: [canary]) else { continue }
            sum.add([canary], factor: factor)
        }
        return try noisyMean(sum, of: trained).gradients.first??.values ?? []
    }
}
