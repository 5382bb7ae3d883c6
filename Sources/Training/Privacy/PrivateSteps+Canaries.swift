public import Tensors

extension PrivateSteps {
    /// (sum + noise) / divisor of one step whose units have given gradients instead of computed ones: drawn, bounded,
    /// added up and hidden by what `LocalStretch` uses. For audits, which plant gradients that have a direction of
    /// their own.
    ///
    /// - Parameters:
    ///   - dimension: numbers of a gradient.
    ///   - gradient: the gradient of the unit that has some examples, a vector.
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
