// A vision transformer's first layer (arXiv:2010.11929): a convolution whose stride is its size is a product over patches;
// rows of each picture are [class; patches] plus learned positions.
import CKernels

extension Tensor {
    /// Patches of float32 images [count, channels, height, width] as rows: [count · patches, channels · patch²].
    public func patches(of size: Int) -> Tensor {
        precondition(shape.count == 4 && node == nil, "pictures expected, found \(shape)")
        let (channels, height, width) = (shape[1], shape[2], shape[3])
        let (area, patchCount) = (channels * size * size, (height / size) * (width / size))
        let result = Tensor(uninitialized: [shape[0] * patchCount, area])
        for i in 0..<shape[0] {
            lorad_patches(
                floats + i * channels * height * width, result.floats + i * patchCount * area, channels, height, width,
                size)
        }
        return result
    }

    /// Float32 rows of `pictures` images, each led by the class row, plus the positions: [images · (1 + patches), n].
    ///
    /// - Parameters:
    ///   - classEmbedding: [n].
    ///   - positions: [1 + patches, n].
    public func withClassRows(_ classEmbedding: Tensor, positions: Tensor) -> Tensor {
        let span = Span("class rows")
        let (n, length) = (columns, positions.rows)
        let (x, first, places) = (target, classEmbedding.target, positions.target)
        let pictures = rows / (length - 1)
        precondition(rows == pictures * (length - 1) && positions.columns == n, "\(rows) patches, \(length) positions")
        let result = Tensor(uninitialized: [pictures * length, n])
        for i in 0..<pictures {
            let start = result.floats + i * length * n
            start.update(from: classEmbedding.floats, count: n)
            (start + n).update(from: floats + i * (length - 1) * n, count: (length - 1) * n)
            lorad_add(start, positions.floats, length * n)
        }
        return result.recorded(span, from: [self, classEmbedding, positions]) { dy, gradients in
            let classRows = (0..<pictures).map { Int32($0 * length) }
            let patchRows = (0..<Int32(pictures * length)).filter { Int($0) % length != 0 }
            gradients.accumulate(dy.detached.gathered(patchRows), for: x)
            gradients.accumulate(
                dy.detached.gathered(classRows).summedRows(every: 1).view(first.shape), for: first)
            gradients.accumulate(dy.detached.summedRows(every: length), for: places)
        }
    }

    /// Sums of rows i, i + length, i + 2 length…: [length, n]. Constants only.
    private func summedRows(every length: Int) -> Tensor {
        let sums = Tensor(zeros: [length, columns])
        for i in 0..<rows / length { lorad_add(sums.floats, floats + i * length * columns, length * columns) }
        return sums
    }
}
