import Tensors

extension RoundStart {
    /// Factors as training begins with them, so that their product is zero: A uniform over ±1/√inputs, as PEFT draws it
    /// (kaiming_uniform with a = √5), B zero. The numbers depend on the seed, the key and the round only.
    func freshFactors(_ pair: FactorLayout.Pair, seed: UInt64) -> [(String, Tensor)] {
        var random = SplitMix64(seed: seed ^ UInt64(bitPattern: Int64(round)), stream: SplitMix64.hash(pair.aKey))
        let limit = 1 / Double(pair.inputs).squareRoot()
        let a = Tensor.filled([pair.rank, pair.inputs]) { values in
            for index in values.indices { values[index] = Float(Double.random(in: -limit...limit, using: &random)) }
        }
        return [(pair.aKey, a), (pair.bKey, Tensor(zeros: [pair.outputs, pair.rank]))]
    }
}
