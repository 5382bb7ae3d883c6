import Foundation
public import Tensors

/// The safetensors bytes of named tensors, read where the tensors lie.
///
/// The tensors must not be updated in place while the source is in use: what was promised by digest would change.
public struct StateDictSource: BlobSource {
    private let header: Data
    private let tensors: [Tensor]
    private let starts: [Int]  // of the header, then of each tensor

    /// Number of bytes of the safetensors file.
    public let size: Int

    /// Keeps the tensors and makes the header.
    ///
    /// - Throws: What encoding the header throws.
    public init(_ state: StateDict, metadata: [String: String] = ["format": "pt"]) throws {
        header = try state.safetensorsHeader(metadata: metadata)
        tensors = state.entries.map(\.tensor).filter { $0.byteCount > 0 }
        var starts = [0]
        var end = header.count
        for tensor in tensors {
            starts.append(end)
            end += tensor.byteCount
        }
        self.starts = starts
        size = end
    }

    /// Hands over the parts of the header and of the tensors that lie in the range.
    public func visit(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var position = range.lowerBound
        while position < range.upperBound {
            let piece = self.piece(at: position)
            position = try withBytes(of: piece) { bytes in
                let start = position - starts[piece]
                let end = min(bytes.count, range.upperBound - starts[piece])
                try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                return starts[piece] + end
            }
        }
    }

    private func withBytes<Result>(
        of piece: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        piece == 0 ? try header.withUnsafeBytes(body) : try tensors[piece - 1].withBytes(body)
    }

    /// The last piece that starts at or before a position.
    private func piece(at position: Int) -> Int {
        var (low, high) = (0, starts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= position { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
