import CKernels
import Tensors

extension RoundUpdates {
    /// Σ wᵢ x̃ᵢ / Σ wᵢ of each key, where x̃ᵢ = x₀ + cᵢ(xᵢ − x₀).
    ///
    /// - Parameter kept: cᵢ by update; nil: all are 1.
    func mean(of keys: [String], keeping kept: [Double]? = nil) throws -> [(String, Tensor)] {
        let mixed = zip(weights, kept ?? Array(repeating: 1, count: count))
        let ofStart = mixed.contains { $1 < 1 } ? mixed.map { $0 * (1 - $1) } : []
        return try mean(of: keys, coefficients: mixed.map { $0 * $1 }, ofStart: ofStart)
    }

    private func mean(
        of keys: [String], coefficients: [Double], ofStart: [Double]
    ) throws -> [(String, Tensor)] {
        let shapes = keys.map { start.state[$0]?.shape ?? [] }
        let means = try WeightedMean(coefficients + ofStart).of(shapes) { index in
            let base = start.state[keys[index]].map { Array(repeating: $0, count: ofStart.count) } ?? []
            return try tensors(keys[index]) + base
        }
        return Array(zip(keys, means))
    }

    /// How much of its difference each update keeps when its length over all keys is clipped to a bound.
    func keptShares(of keys: [String], normBound: Double) throws -> [Double] {
        var squares = Array(repeating: 0.0, count: count)
        for key in keys {
            guard let base = start.state[key] else { continue }
            let inputs = try tensors(key)
            let distances = try concurrentMap(count) { inputs[$0].squaredDistance(to: base) }
            for index in squares.indices { squares[index] += distances[index] }
        }
        return squares.map { $0.squareRoot() <= normBound ? 1 : normBound / $0.squareRoot() }
    }
}

/// Σ cᵢ xᵢ / Σ cᵢ over tensors of one shape, with compensated float64 sums in blocks that stay in the cache.
struct WeightedMean: Sendable {
    private let coefficients: [Double]
    private let total: Double

    /// - Parameter coefficients: cᵢ, none negative.
    init(_ coefficients: [Double]) {
        var sum = CompensatedSum()
        for coefficient in coefficients { sum.add(coefficient) }
        self.coefficients = coefficients
        total = sum.value
    }

    /// The mean of each of several lists of tensors, with the shapes given; a list is asked for when its turn comes.
    func of(_ shapes: [[Int]], _ list: @escaping @Sendable (Int) throws -> [Tensor]) throws -> [Tensor] {
        let results = shapes.map { Tensor(zeros: $0) }
        let pieces = Piece.cut(results.map(\.count))
        _ = try concurrentMap(pieces.count) { write(pieces[$0], of: try list(pieces[$0].tensor), to: results) }
        return results
    }

    /// The mean of one list of tensors, on the calling thread.
    func of(_ tensors: [Tensor]) -> Tensor {
        let result = Tensor(zeros: tensors.first?.shape ?? [])
        write(Piece(tensor: 0, elements: 0..<result.count), of: tensors, to: [result])
        return result
    }

    private func write(_ piece: Piece, of inputs: [Tensor], to results: [Tensor]) {
        piece.withPointers(inputs) { pointers in
            results[piece.tensor].updateInPlace {
                lorad_weighted_mean(
                    pointers, coefficients, pointers.count, total,
                    $0.baseAddress.map { $0 + piece.elements.lowerBound },
                    piece.elements.count)
            }
        }
    }
}
