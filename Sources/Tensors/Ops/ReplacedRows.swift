// Some rows of a weight W [rows, n] replaced by values V: W' = W, W'[indices] = V.   (PEFT's trainable tokens)
//
// Neither W' nor its gradient exists as a whole. A lookup takes the rows that are replaced from V; a linear map y = x W'ᵀ is
// y = x Wᵀ with y[:, indices] = x Vᵀ.  dV is the sum of what reaches the looked-up rows, or dy[:, indices]ᵀ x.

/// Replacement values for rows of a table or of a linear map's weight. They may be trainable.
public struct ReplacedRows: Sendable {
    /// The rows, each once.
    public let indices: [Int32]
    /// Their values, [indices, n] in float32.
    public let values: Tensor
    private let places: [Int32: Int32]

    /// - Parameters:
    ///   - indices: rows of the weight, each once.
    ///   - values: a row for each of them, float32.
    public init(indices: [Int32], values: Tensor) {
        precondition(indices.count == values.rows, "\(values.shape) for \(indices.count) rows")
        self.indices = indices
        self.values = values
        places = Dictionary(zip(indices, 0..<Int32(indices.count))) { first, _ in first }
    }

    /// Which of the values a row has; `nil` for a row that keeps the weight's.
    func place(of row: Int32) -> Int32? { places[row] }

    /// The whole weight with these rows in it, float32 and without a graph.
    public func applied(to weight: Tensor) -> Tensor {
        Tensor.withoutGraph { weight.converted(to: .float32).replacingRows(indices, with: values.detached) }
    }
}

/// A table of vectors. Some rows may have replacement values.
public struct EmbeddingTable: Sendable {
    /// [rows, n], of any computable type.
    public let weight: Tensor
    /// Rows that differ from `weight`.
    public let replaced: ReplacedRows?

    /// Creates a table.
    public init(weight: Tensor, replaced: ReplacedRows? = nil) {
        self.weight = weight
        self.replaced = replaced
    }

    /// Whether anything in it trains.
    public var isDifferentiable: Bool { weight.isDifferentiable || replaced?.values.isDifferentiable == true }

    /// The vectors of some rows, [indices, n] in float32.
    public func gathered(_ indices: [Int32]) -> Tensor {
        let vectors = weight.gathered(indices)
        guard let replaced else { return vectors }
        let found = indices.enumerated().compactMap { position, row in
            replaced.place(of: row).map { (position: Int32(position), place: $0) }
        }
        guard !found.isEmpty else { return vectors }
        return vectors.replacingRows(found.map(\.position), with: replaced.values.gathered(found.map(\.place)))
    }
}

extension Tensor {
    /// This float32 tensor [rows, n] with columns `indices` (each once) replaced by those of `other`, in the memory that it
    /// has: nothing else may read its values.
    func overwritingColumns(_ indices: [Int32], with other: Tensor) -> Tensor {
        let span = Span("replace columns")
        precondition(dtype == .float32 && other.rows == rows && other.columns == indices.count, "\(other.shape)")
        let (x, replaced, n, width) = (target, other.target, columns, indices.count)
        let source = other.converted(to: .float32)
        for row in 0..<rows {
            for (i, index) in indices.enumerated() { floats[row * n + Int(index)] = source.floats[row * width + i] }
        }
        return detached.recorded(span, from: [self, other]) { upstream, gradients in
            let dy = upstream.converted(to: .float32)
            let dz = Tensor(uninitialized: [dy.rows, width])
            let dx = x.isDifferentiable ? dy.copied() : nil
            for row in 0..<dy.rows {
                for (i, index) in indices.enumerated() {
                    dz.floats[row * width + i] = dy.floats[row * n + Int(index)]
                    dx?.floats[row * n + Int(index)] = 0
                }
            }
            gradients.accumulate(dz, for: replaced)
            if let dx { gradients.accumulate(dx, for: x) }
        }
    }
}
