// y = x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ     (LoRA: arXiv:2106.09685)
//
// Several projections of the same input are computed into one result, side by side: the input is converted once, and
// its gradient is summed in place. A residual is added by starting the sum from it.
//
// dx = dy W + s · mask ∘ (dy B A),  dA = s (dy B)ᵀ dropout(x),  dB = s dyᵀ (dropout(x) Aᵀ),  dW = dyᵀ x,  db = Σ dy
import CKernels

/// One linear map of a group: y = x Wᵀ + b, with low-rank factors beside it.
public struct Projection: Sendable {
    /// [out, in]; used where it lies, of any computable type.
    public var weight: Tensor
    /// [out] in float32.
    public var bias: Tensor?
    /// What is added to the map: an adapter that trains, and what frozen weights have gained.
    public var adapters: [LowRankFactors]

    /// Creates a projection.
    public init(weight: Tensor, bias: Tensor? = nil, adapters: [LowRankFactors] = []) {
        self.weight = weight
        self.bias = bias
        self.adapters = adapters
    }

    /// Creates a projection with one adapter.
    public init(weight: Tensor, bias: Tensor? = nil, adapter: LowRankFactors) {
        self.init(weight: weight, bias: bias, adapters: [adapter])
    }

    /// What may train: the weight, the bias, and the adapters' factors.
    public var leaves: [Tensor?] { [weight, bias] + adapters.flatMap { [$0.a, $0.b] } }

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

    /// Applies the projections to the rows of `self` [rows, in]: [rows, Σ out], computed in this tensor's type.
    ///
    /// - Parameters:
    ///   - projections: maps of the same input; each weight is [out, in].
    ///   - residual: added to the result, float32 of the result's shape.
    ///   - type: the result's type; this tensor's own unless given. A residual makes it float32.
    public func projected(
        by projections: [Projection], residual: Tensor? = nil, as type: DType? = nil
    ) -> Tensor {
        let width = projections.reduce(0) { $0 + $1.outputs }
        let outputType = residual == nil ? type ?? dtype : .float32
        let operandType = Products.operandType(computing: dtype)
        let input = converted(to: operandType)
        var result = residual.map { $0.detached.copied() } ?? Tensor(uninitialized: [rows, width], outputType)
        precondition(result.columns == width && result.rows == rows, "residual of shape \(result.shape)")

        var column = 0
        var hidden: [[Tensor]] = []
        for projection in projections {
            let slice = Matrix(result).columns(column..<column + projection.outputs)
            hidden.append(projection.forward(input, into: slice, adding: residual != nil, computing: dtype))
            column += projection.outputs
        }

        let leaves = projections.flatMap(\.leaves)
        let pullback = LinearPullback(
            input: leaves.contains { $0?.isDifferentiable == true } ? self : nil, projections: projections,
            hidden: hidden, computing: dtype, dropoutKey: Tensor.dropoutKey,
            boundaries: Tensor.exampleBoundaries)
        let (x, residualTarget) = (target, residual?.target)
        result = result.recorded(from: [self, residual] + leaves) { upstream, gradients in
            if let residualTarget { gradients.accumulate(upstream, for: residualTarget) }
            pullback(upstream, x, &gradients)
        }
        return result
    }
}

extension Projection {
    /// Writes the product into a slice of the result; returns each adapter's s · dropout(x) Aᵀ, which the pullback needs.
    fileprivate func forward(_ x: Tensor, into slice: Matrix, adding: Bool, computing type: DType) -> [Tensor] {
        var accumulate = adding
        if let bias {
            slice.addRow(bias, replacing: !adding)
            accumulate = true
        }
        Products.multiply(Matrix(x), Matrix(weight).transposed, into: slice, accumulate: accumulate, computing: type)
        return adapters.map { adapter in
            let hidden = Tensor(uninitialized: [x.rows, adapter.a.rows])
            let dropped = adapter.dropping(x, key: Tensor.dropoutKey)
            Products.multiply(Matrix(dropped), Matrix(adapter.a).transposed, into: Matrix(hidden), computing: type)
            lorad_scale(hidden.floats, adapter.scale, hidden.count)
            Products.multiply(
                Matrix(hidden), Matrix(adapter.b).transposed, into: slice, accumulate: true, computing: type)
            return hidden
        }
    }
}

extension LowRankFactors {
    /// dropout(x): the same mask for the same key, so that the pullback need not keep it.
    fileprivate func dropping(_ x: Tensor, key: UInt64?) -> Tensor {
        guard dropout > 0, let key else { return x }
        let result = x.converted(to: .float32)
        let dropped = Tensor(uninitialized: x.shape)
        lorad_dropout(result.floats, dropped.floats, x.count, dropout, key ^ dropoutKey)
        return dropped.converted(to: x.dtype)
    }
}

extension Matrix {
    /// Adds a float32 row to every row, or sets every row to it.
    fileprivate func addRow(_ row: Tensor, replacing: Bool) {
        guard !replacing else {
            let line = row.converted(to: dtype)
            for i in 0..<rows {
                (pointer + i * stride * dtype.size).copyMemory(from: line.pointer, byteCount: line.byteCount)
            }
            return
        }
        lorad_add_bias(floats, row.floats, rows, columns, stride)
    }
}

/// What the backward pass of a group of projections keeps, and does.
private struct LinearPullback: Sendable {
    let input: Tensor?
    let projections: [Projection]
    let hidden: [[Tensor]]
    let computing: DType
    let dropoutKey: UInt64?
    let boundaries: [Int]

    func callAsFunction(_ upstream: Tensor, _ x: GradientTarget, _ gradients: inout Gradients) {
        let operandType = Products.operandType(computing: computing)
        let dy = upstream.converted(to: operandType)
        let input = input?.converted(to: operandType)
        let dx = x.isDifferentiable ? Tensor(uninitialized: x.shape) : nil
        var column = 0
        for (index, projection) in projections.enumerated() {
            let columns = column..<column + projection.outputs
            let slice = Matrix(dy).columns(columns)
            if let dx {
                Products.multiply(
                    slice, Matrix(projection.weight), into: Matrix(dx), accumulate: index > 0, computing: computing)
            }
            for (adapter, hidden) in zip(projection.adapters, hidden[index]) {
                adapterGradients(adapter, hidden, dy, columns, input, dx, &gradients)
            }
            ownGradients(projection, dy, columns, input, upstream, &gradients)
            column += projection.outputs
        }
        if let dx { gradients.accumulate(dx, for: x) }
    }

    private func adapterGradients(
        _ adapter: LowRankFactors, _ hidden: Tensor, _ dy: Tensor, _ columns: Range<Int>, _ input: Tensor?,
        _ dx: Tensor?, _ gradients: inout Gradients
    ) {
        let inner = Tensor(uninitialized: [dy.rows, adapter.a.rows])  // s · dy B
        Products.multiply(
            Matrix(dy).columns(columns), Matrix(adapter.b), into: Matrix(inner), computing: computing)
        lorad_scale(inner.floats, adapter.scale, inner.count)
        if adapter.b.isDifferentiable { gradients.accumulate(factors(dy, columns, hidden), for: adapter.b) }
        if adapter.a.isDifferentiable, let input {
            let dropped = adapter.dropping(input, key: dropoutKey)
            gradients.accumulate(factors(inner, 0..<inner.columns, dropped), for: adapter.a)
        }
        guard let dx else { return }
        guard adapter.dropout > 0, dropoutKey != nil else {
            return Products.multiply(
                Matrix(inner), Matrix(adapter.a), into: Matrix(dx), accumulate: true, computing: computing)
        }
        let through = Tensor(uninitialized: dx.shape)
        Products.multiply(
            Matrix(inner), Matrix(adapter.a), into: Matrix(through.view([dx.rows, dx.columns])), computing: computing)
        let dropped = adapter.dropping(through, key: dropoutKey)
        lorad_add(dx.floats, dropped.floats, dx.count)
    }

    private func ownGradients(
        _ projection: Projection, _ dy: Tensor, _ columns: Range<Int>, _ input: Tensor?, _ upstream: Tensor,
        _ gradients: inout Gradients
    ) {
        if projection.weight.isDifferentiable, let input {
            gradients.accumulate(factors(dy, columns, input), for: projection.weight)
        }
        if let bias = projection.bias, bias.isDifferentiable {
            let wide = upstream.converted(to: .float32)
            let sums = Tensor(zeros: bias.shape)
            lorad_column_sums(wide.floats + columns.lowerBound, sums.floats, wide.rows, sums.count, wide.columns)
            gradients.accumulate(sums, for: bias)
        }
    }

    private func factors(_ left: Tensor, _ columns: Range<Int>, _ right: Tensor) -> GradientFactors {
        GradientFactors(left: left, columns: columns, right: right, computing: computing, boundaries: boundaries)
    }
}
