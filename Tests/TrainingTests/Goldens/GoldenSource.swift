import Models
import Training

/// The rows of a golden case as a source to train on.
struct GoldenSource: RowSource {
    let batches: [PackedBatch]
    let golden: LlavaGolden

    init(_ golden: LlavaGolden) {
        self.golden = golden
        batches = golden.rows
    }

    var count: Int { batches.count }
    func length(at index: Int) -> Int { batches[index].tokens.count }
    func supervisedCount(at index: Int) -> Int { batches[index].targets.rows.count }
    func batch(of rows: [Int]) -> PackedBatch { golden.packed(rows) }
}
