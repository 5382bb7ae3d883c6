// y = mask ∘ x / (1 - p)     (arXiv:1207.0580)
//
// dx = mask ∘ dy / (1 - p)
import CKernels

extension Tensor {
    /// This tensor with a share of its elements set to zero and the others scaled up, in its own type; unchanged during
    /// evaluation.
    ///
    /// The mask is drawn from `Tensor.dropoutKey`, or from each example's key if examples are computed separately.
    ///
    /// - Parameters:
    ///   - share: dropout probability, at least 0 and below 1.
    ///   - key: distinguishes this mask from others in the same pass.
    public func dropped(_ share: Float, key: UInt64) -> Tensor {
        guard share > 0, Self.isDropping else { return self }
        let pieces = RowPiece.all(ofRows: rows)
        let span = Span("dropout")
        let x = target
        return masked(pieces, share, key).recorded(span, from: [self]) { upstream, gradients in
            gradients.accumulate(upstream.masked(pieces, share, key).converted(to: x.dtype), for: x)
        }
    }

    /// Whether dropout is on: not while evaluating.
    public static var isDropping: Bool { exampleKeys != nil || dropoutKey != nil }

    private func masked(_ pieces: [RowPiece], _ share: Float, _ key: UInt64) -> Tensor {
        let wide = converted(to: .float32)
        let result = Tensor(uninitialized: shape)
        for piece in pieces {
            guard let own = piece.dropoutKey else { continue }
            let first = piece.rows.lowerBound * columns
            lorad_dropout(wide.floats + first, result.floats + first, piece.rows.count * columns, share, own ^ key)
        }
        return result.converted(to: dtype)
    }
}
