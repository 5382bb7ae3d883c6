import Models
import Tensors

/// What a recommendation depends on in a model.
struct ModelProfile: Equatable, Sendable {
    /// The model's folder, as a run file names it.
    var path: String
    /// Numbers of the whole model.
    var parameters: Int
    /// Whether it compares pictures and texts instead of writing.
    var isContrastive = false
    /// Image tokens a picture; 0 of a contrastive model.
    var tokensPerImage = 0
    /// The most tokens of a row.
    var mostTokens: Int
    /// The smaller side of the smallest layer that gets an adapter.
    var smallestSide: Int
}

extension ModelProfile {
    /// Looks at a model folder.
    ///
    /// - Throws: `ModelError` or `TensorError` naming what is wrong with it.
    init(_ folder: ModelFolder, path: String) throws {
        let loaded = try folder.load(computing: .float32)
        let sides = loaded.modules.filter { $0.kind == .linear && $0.path.contains(".layers.") }
            .compactMap { $0.shape(of: "weight")?.min() }
        self.init(
            path: path, parameters: folder.checkpoint.names.reduce(0) { $0 + (folder.checkpoint[$1]?.count ?? 0) },
            mostTokens: 0, smallestSide: sides.min() ?? 1)
        switch loaded.model.kind {
        case .contrastive(let model): (isContrastive, mostTokens) = (true, model.maximumTextLength)
        case .generative(let model): (tokensPerImage, mostTokens) = (model.tokensPerImage, model.maximumPositions)
        }
    }
}
