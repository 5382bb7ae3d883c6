import Foundation
public import Models
import Tensors

/// How the examples of a step are split into the micro-batches that lanes and workers compute.
///
/// It depends on the lengths of the examples and on the model's precision, never on the number of lanes, because the
/// fixed tree of sums has micro-batches as leaves.
public enum MicroBatches {
    /// Consecutive parts of the examples with about equal numbers of tokens; a power of two of them if possible.
    ///
    /// - Parameter targetTokens: target number of tokens of a micro-batch.
    public static func split(lengths: [Int], targetTokens: Int) -> [Range<Int>] {
        let total = lengths.reduce(0, +)
        guard lengths.count > 1, total > 0 else { return [0..<lengths.count] }
        let wanted = exp2(log2(Double(total) / Double(targetTokens)).rounded())
        let count = max(1, min(lengths.count, Int(wanted)))
        var ranges: [Range<Int>] = []
        var (start, tokens) = (0, 0)
        for (row, length) in lengths.enumerated() {
            tokens += length
            let (left, rowsLeft) = (count - ranges.count - 1, lengths.count - row - 1)
            let next = row + 1 < lengths.count ? lengths[row + 1] : 0
            let goal = total * (ranges.count + 1) / count
            // End here when the next row would lie mostly beyond the goal, or when every row left is needed.
            if left > 0, rowsLeft == left || tokens + next / 2 >= goal {
                ranges.append(start..<row + 1)
                start = row + 1
            }
        }
        return ranges + [start..<lengths.count]
    }
}

extension VisionLanguageModel {
    /// Target number of tokens of a micro-batch: enough for products at nearly full speed, few enough to distribute.
    ///
    /// Products in bfloat16 are so fast that reading the weights takes much of their time, so larger micro-batches pay.
    public var microBatchTokens: Int { computing == .bfloat16 ? 384 : 192 }
}
