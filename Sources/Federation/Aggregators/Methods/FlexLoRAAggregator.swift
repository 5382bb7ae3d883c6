import Tensors

/// The best factors of the layout's rank for the exact mean of the products: FlexLoRA (arXiv:2402.11505).
///
/// s B A = U_r Σ_r V_rᵀ of Σ wᵢ sᵢ BᵢAᵢ (Eckart and Young): what is lost is the tail of its singular values and the rounding
/// of the factors to float32. The sum is never formed: it is L Rᵀ with the columns √(wᵢsᵢ) Bᵢ side by side in L and
/// √(wᵢsᵢ) Aᵢᵀ in R. Directions come strongest first and Σ is shared evenly, B = U √(Σ/s), A = √(Σ/s) Vᵀ, so that
/// `FactorLayout.cut` is the best approximation for a worker of lower rank too. Where the sum has fewer directions than
/// the rank, A keeps the start's rows beside columns of zeros in B, so that these can still learn.
/// Tensors that are no factors are averaged.
struct FlexLoRAAggregator: Aggregator {
    static let name = "flexlora"
    static let needsProducts = true
    static let acceptsMixedRanks = true
    static let allowsServerOptimizer = false

    init(_ options: AggregationOptions) throws { try Self.requireLAPACK() }

    func aggregate(_ updates: any UpdateReader, from start: RoundStart) throws -> AggregationResult {
        let updates = try RoundUpdates(updates, from: start, atLeast: minimumUpdates)
        let pairs = start.layout.pairs
        let factors = try concurrentMap(pairs.count) { try Self.project(pairs[$0], updates) }
        return try AggregationResult(start, changing: factors.flatMap { $0 } + updates.mean(of: start.otherKeys))
    }

    private static func project(_ pair: FactorLayout.Pair, _ updates: RoundUpdates) throws -> [(String, Tensor)] {
        let factors = try updates.factors(pair)
        let roots = zip(factors, updates.shares).map { ($1 * pair.scale(rank: $0.rank)).squareRoot() }
        let svd = try SingularValueDecomposition.ofProduct(
            DenseMatrix(columnsOf: Array(zip(factors.map(\.b), roots))),
            DenseMatrix(rowsOf: Array(zip(factors.map(\.a), roots))), vectors: pair.rank)
        return balanced(svd, pair, idle: updates.start.state[pair.aKey])
    }

    private static func balanced(
        _ svd: SingularValueDecomposition, _ pair: FactorLayout.Pair, idle: Tensor?
    ) -> [(String, Tensor)] {
        let rank = min(svd.rank(ofSize: max(pair.inputs, pair.outputs)), pair.rank)
        let roots = svd.values.prefix(rank).map { ($0 / pair.scale).squareRoot() }
        let b = svd.u.prefix(columns: rank).scalingColumns(by: roots).tensor.resized(columns: pair.rank)
        let a = svd.v.prefix(columns: rank).scalingColumns(by: roots).transposedTensor
        let rows = rank < pair.rank ? [a] + (idle.map { [$0.rows(rank..<pair.rank)] } ?? []) : [a]
        return [(pair.aKey, .joined(rows: rows)), (pair.bKey, b)]
    }
}

extension SingularValueDecomposition {
    /// The singular values that are more than the rounding of the largest, for a matrix whose larger side is `size`.
    func rank(ofSize size: Int) -> Int {
        let limit = (values.first ?? 0) * Double(size) * .ulpOfOne
        return values.firstIndex { $0 <= limit } ?? values.count
    }
}
