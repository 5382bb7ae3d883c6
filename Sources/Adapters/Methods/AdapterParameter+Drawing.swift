import Tensors

extension AdapterParameter {
    /// A fresh value: uniform within ±1/√in (Kaiming, a = √5), from the seed and the parameter's key.
    func kaimingValue(seed: UInt64) -> Tensor {
        var random = SplitMix64(seed: seed, stream: SplitMix64.hash(key))
        let bound = 1 / Float(shape.last ?? 1).squareRoot()
        let count = shape.reduce(1, *)
        return Tensor((0..<count).map { _ in Float.random(in: -bound...bound, using: &random) }, shape: shape)
    }
}
