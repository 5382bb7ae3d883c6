import Models
import Training

/// Tells what run files take in memory with one model, of which adapters are made once for each precision.
final class RecommendedMemory {
    private let folder: ModelFolder
    private var adapted: [String: AdaptedModel] = [:]

    init(_ folder: ModelFolder) { self.folder = folder }

    /// What a run file takes with examples of the greatest length.
    ///
    /// - Throws: `AdapterError` or `ModelError` if the adapter does not suit the model.
    func memory(of configuration: RunConfiguration) throws -> Recommendation.Memory {
        let precision = configuration.model.precision
        let model =
            try adapted[precision.rawValue]
            ?? AdaptedModel(
                folder, adapter: configuration.adapter, computing: precision.type, seed: configuration.training.seed)
        adapted[precision.rawValue] = model
        let length = model.model.objective.longestExample(maxLength: configuration.data.maxLength)
        let rows = EvenRows(count: configuration.training.rowsPerStep, length: length)
        let estimate = MemoryEstimate(
            model, rows: rows, arguments: configuration.training, lanes: configuration.training.lanes.resolved)
        return Recommendation.Memory(own: estimate.own, mapped: estimate.mappedWeights)
    }
}

/// Examples of one length.
private struct EvenRows: RowLengths {
    let count: Int
    let length: Int

    func length(at index: Int) -> Int { length }
    func supervisedCount(at index: Int) -> Int { length }
}
