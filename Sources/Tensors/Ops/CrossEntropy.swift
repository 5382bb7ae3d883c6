// loss = Σ −log softmax(h Wᵀ)[label] over the rows that have a label
//
// Logits are made a chunk of rows at a time and turned into their own gradient, softmax − onehot, at once: neither the
// logits nor their gradient ever exist as a whole.
import CKernels

extension Tensor {
    /// The summed cross-entropy of the rows of `self` [rows, n] through an output projection: one float32 number.
    ///
    /// - Parameters:
    ///   - head: the output projection, [words, n].
    ///   - labels: the labels of the first rows, each below `words`; later rows do not count.
    ///   - examples: where examples begin among the labels, then their number, to make logits of one example at a time;
    ///     `nil` makes them without regard to examples.
    ///   - rowsAtATime: number of rows of logits in memory at a time.
    public func crossEntropy(
        head: Projection, labels: [Int32], examples: [Int]? = nil, rowsAtATime: Int = 64
    ) -> Tensor {
        let span = Span("cross-entropy")
        precondition(labels.count <= rows, "\(labels.count) labels for \(rows) rows")
        let wantsGradient =
            Recording.isOn
            && ([self] + head.leaves).contains { $0?.isDifferentiable == true }
        var total = 0.0
        var collected = Gradients()
        let leaf = detached.trainable()
        for range in Self.chunks(examples ?? [0, labels.count], rowsAtATime) {
            let hidden = wantsGradient ? leaf.rowsRecorded(range) : detached.rows(range)
            let logits = hidden.projected(by: [head], as: .float32)
            // The logits' own memory becomes their gradient: nothing else reads it.
            total += labels[range].withUnsafeBufferPointer {
                guard let first = $0.baseAddress else { return 0 }
                return lorad_cross_entropy(logits.floats, first, nil, range.count, logits.columns)
            }
            if wantsGradient { collected.propagate(logits.detached, from: logits) }
        }
        let (x, gradients) = (self, collected)
        let leaves = head.leaves
        return Tensor([Float(total)], shape: [1]).recorded(span, from: [x] + leaves) { upstream, result in
            let seed = upstream.values[0]
            for (target, source) in [(x, leaf)] + leaves.compactMap({ $0.map { ($0, $0) } }) {
                guard target.isDifferentiable, let gradient = gradients[source] else { continue }
                let scaled = gradient.copied()
                lorad_scale(scaled.floats, seed, scaled.count)
                result.accumulate(scaled, for: target)
            }
        }
    }

    /// Stretches of at most so many rows, none of which goes across a boundary.
    private static func chunks(_ boundaries: [Int], _ rowsAtATime: Int) -> [Range<Int>] {
        zip(boundaries, boundaries.dropFirst()).flatMap { start, end in
            stride(from: start, to: end, by: rowsAtATime).map { $0..<min($0 + rowsAtATime, end) }
        }
    }

    /// The summed cross-entropy without a graph, and for each label whether it is the most probable word.
    public func scored(
        head: Projection, labels: [Int32], rowsAtATime: Int = 64
    ) -> (loss: Double, hits: [Bool]) {
        var loss = 0.0
        var hits = [UInt8](repeating: 0, count: labels.count)
        for start in stride(from: 0, to: labels.count, by: rowsAtATime) {
            let range = start..<min(start + rowsAtATime, labels.count)
            let logits = Tensor.withoutGraph { detached.rows(range).projected(by: [head], as: .float32) }
            hits.withUnsafeMutableBufferPointer { hits in
                labels.withUnsafeBufferPointer { labels in
                    guard let hit = hits.baseAddress, let label = labels.baseAddress else { return }
                    loss += lorad_cross_entropy(logits.floats, label + start, hit + start, range.count, logits.columns)
                }
            }
        }
        return (loss, hits.map { $0 != 0 })
    }

    /// Rows `range` of a tensor in the graph, sharing its memory.
    private func rowsRecorded(_ range: Range<Int>) -> Tensor {
        let span = Span("rows")
        let (x, n) = (self, columns)
        return detached.rows(range).recorded(span, from: [x]) { upstream, gradients in
            let dx = Tensor(zeros: x.shape)
            let dy = upstream.converted(to: .float32)
            lorad_add(dx.floats + range.lowerBound * n, dy.floats, dy.count)
            gradients.accumulate(dx, for: x)
        }
    }
}
