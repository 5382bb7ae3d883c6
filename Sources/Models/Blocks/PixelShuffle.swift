import Tensors

/// Squares of neighbouring patches as one wider row each, which leaves a text fewer image tokens (Idefics3, arXiv:2408.12637).
struct PixelShuffle: Sendable {
    /// Patches along an edge of a tile.
    let side: Int
    /// Patches along an edge of a square; a divisor of `side`.
    let factor: Int

    /// Rows of a tile afterwards.
    var rowsPerTile: Int { (side / factor) * (side / factor) }

    /// Patches of tiles [n · side², width] as [n · side² / factor², width · factor²]: row by row of a square, left to right.
    func callAsFunction(_ patches: Tensor) -> Tensor {
        let order = (0..<patches.rows / (side * side)).flatMap { tile in rowOrder.map { Int32(tile * side * side) + $0 }
        }
        return patches.gathered(order)
            .reshaped([patches.rows / (factor * factor), patches.columns * factor * factor])
    }

    private var rowOrder: [Int32] {
        let squares = (0..<side / factor).flatMap { y in (0..<side / factor).map { x in (y * factor, x * factor) } }
        return squares.flatMap { top, left in
            (0..<factor * factor).map { Int32((top + $0 / factor) * side + left + $0 % factor) }
        }
    }
}
