import Tensors

/// A round's updates in the order of their workers' names, with shapes checked as they are read.
struct RoundUpdates: Sendable {
    /// A worker's two factors of a module.
    struct Factors: Sendable {
        var a: Tensor
        var b: Tensor
        var rank: Int { a.rows }
    }

    let start: RoundStart
    /// The workers and their weights.
    let summaries: [Update.Summary]
    private let reader: any UpdateReader
    private let indices: [Int]

    var count: Int { summaries.count }
    var weights: [Double] { summaries.map(\.weight) }

    /// Each update's part of the sum of weights.
    var shares: [Double] {
        var total = CompensatedSum()
        for weight in weights { total.add(weight) }
        return weights.map { $0 / total.value }
    }

    init(_ reader: any UpdateReader, from start: RoundStart, atLeast minimum: Int) throws {
        let summaries = reader.summaries
        let indices = summaries.indices.sorted { summaries[$0].worker < summaries[$1].worker }
        guard indices.count >= max(minimum, 1) else {
            throw FederationError(
                .invalidUpdate,
                "round \(start.round + 1) has \(indices.count) updates, its aggregation needs \(minimum)")
        }
        for (first, second) in zip(indices, indices.dropFirst())
        where summaries[first].worker == summaries[second].worker {
            throw FederationError(
                .invalidUpdate, "two updates of \(summaries[first].worker) in round \(start.round + 1)")
        }
        if let bad = summaries.first(where: { !($0.weight > 0 && $0.weight <= UpdateCheck.largestWeight) }) {
            throw FederationError(.invalidUpdate, "the update of \(bad.worker) weighs \(bad.weight)")
        }
        (self.reader, self.start, self.indices) = (reader, start, indices)
        self.summaries = indices.map { summaries[$0] }
    }

    /// Everybody's tensor of a name, which has the shape it started with.
    func tensors(_ key: String) throws -> [Tensor] {
        let shape = start.state[key]?.shape
        return try indices.indices.map { index in
            let tensor = try reader.tensor(key, at: indices[index])
            guard tensor.shape == shape, tensor.dtype == .float32 else {
                throw misfit(index, key, tensor, "\(shape ?? [])")
            }
            return tensor
        }
    }

    /// Everybody's factors of a module, of whatever rank.
    func factors(_ pair: FactorLayout.Pair) throws -> [Factors] {
        try indices.indices.map { index in
            let a = try reader.tensor(pair.aKey, at: indices[index])
            let b = try reader.tensor(pair.bKey, at: indices[index])
            guard a.shape.count == 2, a.columns == pair.inputs, (1...pair.rank).contains(a.rows), a.dtype == .float32
            else { throw misfit(index, pair.aKey, a, "[1...\(pair.rank), \(pair.inputs)]") }
            guard b.shape == [pair.outputs, a.rows], b.dtype == .float32 else {
                throw misfit(index, pair.bKey, b, "[\(pair.outputs), \(a.rows)]")
            }
            return Factors(a: a, b: b)
        }
    }

    private func misfit(_ index: Int, _ key: String, _ found: Tensor, _ expected: String) -> FederationError {
        FederationError(
            .invalidUpdate,
            "the update of \(summaries[index].worker): \(key) is \(found.dtype.rawValue) \(found.shape), expected F32 "
                + expected)
    }
}
