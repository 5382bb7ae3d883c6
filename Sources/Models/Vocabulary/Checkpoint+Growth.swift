import Foundation
import Tensors

extension Checkpoint {
    /// The weights with longer tables: rows that a table lacks are the mean of those that it has, in its own type.
    ///
    /// transformers (4.46 and later) draws new rows from a normal distribution around that mean with a very small
    /// covariance; the mean itself is the same on every machine.
    ///
    /// - Parameters:
    ///   - tables: names of tensors [rows, n]; those that are not stored are left out.
    ///   - rows: how many rows each has afterwards.
    func growing(_ tables: [String], to rows: Int) throws -> Checkpoint {
        var grown = self
        for name in tables {
            guard let table = self[name], table.shape.count == 2, table.shape[0] > 0, table.shape[0] < rows else {
                continue
            }
            guard table.dtype.isComputable else {
                throw ModelError(
                    .unsupported,
                    "\(folder.path): \(storedName(name)) is \(table.dtype.rawValue), and rows can only be added to floating-point "
                        + "weights: save the model in float32, bfloat16 or float16")
            }
            grown.replace(name, by: table.withMeanRows(rows - table.shape[0]))
        }
        return grown
    }
}

extension Tensor {
    /// The rows, and `count` more that are their mean.
    fileprivate func withMeanRows(_ count: Int) -> Tensor {
        let (rows, columns) = (shape[0], shape[1])
        var sums = [Double](repeating: 0, count: columns)
        for start in stride(from: 0, to: rows, by: 1_024) {
            let indices = Array(Int32(start)..<Int32(Swift.min(start + 1_024, rows)))
            for (index, value) in gathered(indices).values.enumerated() { sums[index % columns] += Double(value) }
        }
        let mean = sums.map { Float($0 / Double(rows)) }
        let added = Tensor((0..<count).flatMap { _ in mean }, shape: [count, columns]).converted(to: dtype)
        return Tensor.joinedRows([self, added]) ?? self
    }
}
