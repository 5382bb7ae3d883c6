// y = x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ     (LoRA: arXiv:2106.09685)
//
// Several projections of the same input are computed into one result, side by side: the input is converted once, and
// its gradient is summed in place. A residual is added by starting the sum from it.
//
// dx = dy W + s · mask ∘ (dy B A),  dA = s (dy B)ᵀ dropout(x),  dB = s dyᵀ (dropout(x) Aᵀ),  dW = dyᵀ x,  db = Σ dy
import CKernels

/// One linear map of a group: y = x Wᵀ + b, plus low-rank factors.
public struct Projection: Sendable {
    /// [out, in], of any computable type; used in place.
    public var weight: Tensor
    /// [out] in float32.
    public var bias: Tensor?
    /// What is added to the map and may train.
    public var adapters: [LowRankFactors]
    /// What has been added to the frozen weight, if anything can be.
    public var gain: WeightGain?
    /// Rows of the weight that have values of their own: outputs that neither bias nor adapters reach. Only for a
    /// projection that is applied by itself; its result is float32.
    public var replaced: ReplacedRows?
    /// Functions around the map, innermost first. A projection with branches is computed separately.
    public var branches: [any LinearBranch]

    /// Creates a projection.
    public init(
        weight: Tensor, bias: Tensor? = nil, adapters: [LowRankFactors] = [], replaced: ReplacedRows? = nil,
        branches: [any LinearBranch] = [], gain: WeightGain? = nil
    ) {
        self.weight = weight
        self.bias = bias
        self.adapters = adapters
        self.replaced = replaced
        self.branches = branches
        self.gain = gain
    }

    /// Creates a projection with one adapter.
    public init(weight: Tensor, bias: Tensor? = nil, adapter: LowRankFactors) {
        self.init(weight: weight, bias: bias, adapters: [adapter])
    }

    /// Tensors that may be trained: the weight, the bias, the adapters' factors, replaced rows, and the tensors of
    /// branches.
    public var leaves: [Tensor?] {
        [weight, bias] + adapters.flatMap { [$0.a, $0.b] } + [replaced?.values] + branches.flatMap(\.leaves)
    }

    /// The same map with the weight's own rows.
    fileprivate var withoutReplacedRows: Projection {
        Projection(weight: weight, bias: bias, adapters: adapters, gain: gain)
    }

    /// The products that are added, in their order.
    fileprivate var products: [LowRankFactors] { (gain?.current).map { [$0] + adapters } ?? adapters }

    /// Length of the result's rows.
    public var outputs: Int { weight.shape[0] }
}

/// The factors of a LoRA adapter, in float32.
public struct LowRankFactors: Sendable {
    /// [r, in].
    public var a: Tensor
    /// [out, r].
    public var b: Tensor
    /// α/r, or α/√r for rsLoRA.
    public var scale: Float
    /// Probability that an element of the adapter's input is dropped while training.
    public var dropout: Float
    /// Tells this adapter's dropout masks from another's.
    public var dropoutKey: UInt64

    /// Creates the factors.
    public init(a: Tensor, b: Tensor, scale: Float, dropout: Float = 0, dropoutKey: UInt64 = 0) {
        self.a = a
        self.b = b
        self.scale = scale
        self.dropout = dropout
        self.dropoutKey = dropoutKey
    }
}

extension Tensor {
    /// The key of the micro-batch under way; nil while evaluating, which switches dropout off.
    @TaskLocal public static var dropoutKey: UInt64?

    /// Applies projections to the rows of `self` [rows, in], computed in this tensor's type.
    ///
    /// The result is [rows, out] for one projection. For several, it is their results one after the other in memory,
    /// because a product writes contiguous rows at full speed and scattered rows at half of it.
    ///
    /// - Parameters:
    ///   - projections: maps of the same input; each weight is [out, in].
    ///   - residual: added to the result of a single projection, float32 of its shape.
    ///   - type: the result's type (default: this tensor's). A residual makes it float32.
    public func projected(
        by projections: [Projection], residual: Tensor? = nil, as type: DType? = nil
    ) -> Tensor {
        guard projections.allSatisfy(\.branches.isEmpty) else {
            return branched(by: projections, residual: residual, as: type)
        }
        let span = Span("linear")
        let width = projections.reduce(0) { $0 + $1.outputs }
        let shape = projections.count == 1 ? [rows, width] : [rows * width]
        precondition(residual == nil || residual?.shape == shape, "residual of shape \(residual?.shape ?? [])")
        let replaced = projections.compactMap(\.replaced)
        precondition(replaced.isEmpty || projections.count == 1, "replaced rows in a group of projections")
        let outputType = residual == nil && replaced.isEmpty ? type ?? dtype : .float32
        let input = converted(to: Products.operandType(computing: dtype))
        var result = residual.map { $0.detached.copied() } ?? Tensor(uninitialized: shape, outputType)
        let parts = result.parts(projections)
        let pieces = RowPiece.all(ofRows: rows)
        for (projection, part) in zip(projections, parts) {
            Products.multiply(
                Matrix(input), Matrix(projection.weight).transposed, into: Matrix(part), accumulate: residual != nil,
                bias: projection.bias, computing: dtype, pieces: pieces)
        }
        let adapters = AdapterSet.sets(of: projections, pieces)
        let hidden = adapters.map { $0.forward(input, into: parts, computing: dtype) }

        let leaves = projections.flatMap { $0.withoutReplacedRows.leaves }
        let pullback = LinearPullback(
            input: leaves.contains { $0?.isDifferentiable == true } ? Recall(self) : nil, projections: projections,
            adapters: zip(adapters, hidden).map { ($0, $1) }, computing: dtype, pieces: pieces,
            boundaries: Tensor.exampleBoundaries)
        let (x, residualTarget) = (target, residual?.target)
        result = result.recorded(span, from: [self, residual] + leaves) { upstream, gradients in
            if let residualTarget { gradients.accumulate(upstream, for: residualTarget) }
            pullback(upstream, x, &gradients)
        }
        return replaced.reduce(result) { result, rows in
            result.overwritingColumns(
                rows.indices, with: projected(by: [Projection(weight: rows.values)], as: .float32))
        }
    }

    /// What belongs to each projection, [rows, out].
    fileprivate func parts(_ projections: [Projection]) -> [Tensor] {
        let rows = count / projections.reduce(0) { $0 + $1.outputs }
        var start = byteOffset
        return projections.map { projection in
            let part = Tensor(storage: storage, byteOffset: start, shape: [rows, projection.outputs], dtype: dtype)
            start += part.byteCount
            return part
        }
    }
}

/// Adapters that see the same input, whose A matrices are multiplied as one: all of a group of projections, or a single one
/// where dropout gives each its own.
private struct AdapterSet: Sendable {
    /// An adapter, which of the projections it belongs to, and its columns of what A gives.
    struct Member: Sendable {
        let factors: LowRankFactors
        let index: Int
        let hidden: Range<Int>
    }

    let members: [Member]
    /// The rows that are computed by themselves.
    let pieces: [RowPiece]
    /// Whether elements of the input are dropped.
    let drops: Bool

    private var dropout: Float { members[0].factors.dropout }
    private var rank: Int { members.last?.hidden.upperBound ?? 0 }

    static func sets(of projections: [Projection], _ pieces: [RowPiece]) -> [AdapterSet] {
        let isTraining = pieces.contains { $0.dropoutKey != nil }
        var shared: [Member] = []
        var single: [AdapterSet] = []
        for (index, projection) in projections.enumerated() {
            for factors in projection.products {
                let rank = factors.a.rows
                if factors.dropout > 0, isTraining {
                    let member = Member(factors: factors, index: index, hidden: 0..<rank)
                    single.append(AdapterSet(members: [member], pieces: pieces, drops: true))
                } else {
                    let start = shared.last?.hidden.upperBound ?? 0
                    shared.append(Member(factors: factors, index: index, hidden: start..<start + rank))
                }
            }
        }
        return (shared.isEmpty ? [] : [AdapterSet(members: shared, pieces: pieces, drops: false)]) + single
    }

    /// Adds s · dropout(x) Aᵀ Bᵀ; returns s · dropout(x) Aᵀ, [rows, Σ r], which the pullback needs.
    func forward(_ x: Tensor, into parts: [Tensor], computing type: DType) -> Tensor {
        let hidden = Tensor(uninitialized: [x.rows, rank], x.dtype)
        Products.multiply(
            Matrix(dropping(x)), Matrix(joined(as: x.dtype, scaled: true)).transposed, into: Matrix(hidden),
            computing: type, pieces: pieces)
        for member in members {
            Products.multiply(
                Matrix(hidden).columns(member.hidden), Matrix(member.factors.b).transposed,
                into: Matrix(parts[member.index]), accumulate: true, computing: type, pieces: pieces)
        }
        return hidden
    }

    /// The A matrices one below the other: [Σ r, in].
    func joined(as type: DType, scaled: Bool) -> Tensor {
        if members.count == 1, !scaled { return members[0].factors.a.detached }
        let result = Tensor(uninitialized: [rank, members[0].factors.a.columns], type)
        for member in members {
            let a = member.factors.a
            lorad_scaled(
                a.floats, scaled ? member.factors.scale : 1,
                result.pointer + member.hidden.lowerBound * a.columns * type.size, type.kernel, a.count)
        }
        return result
    }

    /// dropout(x): the same mask for the same key, so the pullback need not keep it.
    func dropping(_ x: Tensor) -> Tensor {
        guard drops else { return x }
        let wide = x.converted(to: .float32)
        let dropped = Tensor(uninitialized: x.shape)
        for piece in pieces {
            guard let key = piece.dropoutKey else { continue }
            let first = piece.rows.lowerBound * x.columns
            lorad_dropout(
                wide.floats + first, dropped.floats + first, piece.rows.count * x.columns, dropout,
                key ^ members[0].factors.dropoutKey)
        }
        return dropped.converted(to: x.dtype)
    }
}

/// What the backward pass of a group of projections keeps, and does.
private struct LinearPullback: Sendable {
    let input: Recall?
    let projections: [Projection]
    let adapters: [(set: AdapterSet, hidden: Tensor)]
    let computing: DType
    let pieces: [RowPiece]
    let boundaries: [Int]

    func callAsFunction(_ upstream: Tensor, _ x: GradientTarget, _ gradients: inout Gradients) {
        let operandType = Products.operandType(computing: computing)
        let dy = upstream.converted(to: operandType).parts(projections)
        let input = input?.tensor.converted(to: operandType)
        // The adapters' products go first, while what they read is still in cache.
        let inner = adapters.map { adapterGradients($0.set, $0.hidden, dy, input, &gradients) }
        if x.isDifferentiable { gradients.accumulate(inputGradient(dy, inner, x, as: operandType), for: x) }
        for (projection, dy) in zip(projections, dy) {
            if let input, projection.weight.isDifferentiable {
                gradients.accumulate(factors(dy, by: input), for: projection.weight)
            }
        }
        for (projection, dy) in zip(projections, upstream.parts(projections)) {
            if let bias = projection.bias, bias.isDifferentiable { gradients.accumulate(dy.columnSums, for: bias) }
        }
    }

    /// Gives the adapters their gradients; returns s · dy B, [rows, Σ r].
    private func adapterGradients(
        _ set: AdapterSet, _ hidden: Tensor, _ dy: [Tensor], _ input: Tensor?, _ gradients: inout Gradients
    ) -> Tensor {
        let inner = Tensor(uninitialized: hidden.shape, hidden.dtype)
        for member in set.members {
            let dy = dy[member.index]
            let b = Tensor(uninitialized: member.factors.b.shape, dy.dtype)
            lorad_scaled(member.factors.b.floats, member.factors.scale, b.pointer, b.dtype.kernel, b.count)
            Products.multiply(
                Matrix(dy), Matrix(b), into: Matrix(inner).columns(member.hidden), computing: computing, pieces: pieces)
            if member.factors.b.isDifferentiable {
                gradients.accumulate(factors(dy, by: hidden, member.hidden), for: member.factors.b)
            }
        }
        if let input, set.members.contains(where: { $0.factors.a.isDifferentiable }) {
            let dropped = set.dropping(input)
            for member in set.members where member.factors.a.isDifferentiable {
                gradients.accumulate(factors(inner, member.hidden, by: dropped), for: member.factors.a)
            }
        }
        return inner
    }

    /// dy W + s · mask ∘ (dy B A), summed over the projections: float32 where several products add to it.
    private func inputGradient(
        _ dy: [Tensor], _ inner: [Tensor], _ x: GradientTarget, as type: DType
    ) -> Tensor {
        let isSingle = projections.count == 1 && !adapters.contains { $0.set.drops }
        let dx = Tensor(uninitialized: x.shape, isSingle ? type : .float32)
        for (index, projection) in projections.enumerated() {
            Products.multiply(
                Matrix(dy[index]), Matrix(projection.weight), into: Matrix(dx), accumulate: index > 0,
                computing: computing, pieces: pieces)
        }
        for (adapter, inner) in zip(adapters, inner) {
            let set = adapter.set
            let through = set.drops ? Tensor(uninitialized: dx.shape) : dx
            Products.multiply(
                Matrix(inner), Matrix(set.joined(as: inner.dtype, scaled: false)), into: Matrix(through),
                accumulate: !set.drops, computing: computing, pieces: pieces)
            guard set.drops else { continue }
            let dropped = set.dropping(through)
            lorad_add(dx.floats, dropped.floats, dx.count)
        }
        return dx
    }

    private func factors(
        _ left: Tensor, _ leftColumns: Range<Int>? = nil, by right: Tensor, _ rightColumns: Range<Int>? = nil
    ) -> GradientFactors {
        GradientFactors(
            left: left, columns: leftColumns ?? 0..<left.columns, right: right,
            rightColumns: rightColumns ?? 0..<right.columns, computing: computing, boundaries: boundaries)
    }
}

extension Tensor {
    /// Sums over the rows: [columns] in float32.
    fileprivate var columnSums: Tensor {
        let wide = converted(to: .float32)
        let sums = Tensor(zeros: [columns])
        lorad_column_sums(wide.floats, sums.floats, rows, columns, columns)
        return sums
    }
}
