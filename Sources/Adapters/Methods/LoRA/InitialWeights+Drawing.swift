import Tensors

extension InitialWeights {
    /// Values of a fresh A or B: a function of the seed and the parameter's key.
    func draw(_ parameter: AdapterParameter, seed: UInt64) -> Tensor {
        let shape = parameter.shape
        guard parameter.factor == .a || self == .random else { return Tensor(zeros: shape) }
        var random = SplitMix64(seed: seed, stream: SplitMix64.hash(parameter.key))
        let count = shape.reduce(1, *)
        switch self {
        case .standard, .random:  // Kaiming uniform with a = √5
            let bound = 1 / Float(shape[1]).squareRoot()
            return Tensor((0..<count).map { _ in Float.random(in: -bound...bound, using: &random) }, shape: shape)
        case .gaussian:
            let deviation = 1 / Double(shape[0])
            return Tensor((0..<count).map { _ in Float(random.nextNormal() * deviation) }, shape: shape)
        }
    }
}
