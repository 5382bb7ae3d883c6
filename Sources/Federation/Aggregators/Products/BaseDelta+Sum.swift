import Tensors

extension BaseDelta {
    /// The sum of two, of no higher rank than `rank` by module.
    func adding(_ other: BaseDelta, rank: Int) throws -> BaseDelta {
        let sum = BaseDelta.sum([self, other])
        let isTooLong = sum.modules.contains { $0.rank > min(rank, $0.left.rows, $0.right.columns) }
        return isTooLong ? try sum.compressed(maxRank: rank).delta : sum
    }

    /// The same products with no more rank than their sizes allow.
    public func withoutIdleRank() throws -> BaseDelta {
        let isTooLong = modules.contains { $0.rank > min($0.left.rows, $0.right.columns) }
        return isTooLong ? try compressed(maxRank: .max).delta : self
    }

    /// The factors of several deltas side by side: their product is the sum of the products.
    static func sum(_ deltas: [BaseDelta]) -> BaseDelta {
        var order: [String] = []
        var parts: [String: [Factors]] = [:]
        for factors in deltas.flatMap(\.modules) {
            if parts[factors.module] == nil { order.append(factors.module) }
            parts[factors.module, default: []].append(factors)
        }
        return BaseDelta(order.compactMap { module in parts[module].map { Factors(joining: $0, of: module) } })
    }
}

extension BaseDelta.Factors {
    /// The factors side by side with others of the module: their product is the sum of the products.
    public func joined(with other: Self?) -> Self {
        Self(joining: [self] + (other.map { [$0] } ?? []), of: module)
    }
}

extension BaseDelta.Factors {
    fileprivate init(joining parts: [Self], of module: String) {
        let first = parts[0]
        let (outputs, inputs) = (first.left.rows, first.right.columns)
        let ranks = parts.map(\.rank)
        let rank = ranks.reduce(0, +)
        var left = [Float](repeating: 0, count: outputs * rank)
        var column = 0
        for part in parts {
            part.left.withFloats { values in
                for row in 0..<outputs {
                    for k in 0..<part.rank { left[row * rank + column + k] = values[row * part.rank + k] }
                }
            }
            column += part.rank
        }
        self.init(
            module: module, left: Tensor(left, shape: [outputs, rank]),
            right: Tensor(parts.flatMap { $0.right.values }, shape: [rank, inputs]))
    }
}
