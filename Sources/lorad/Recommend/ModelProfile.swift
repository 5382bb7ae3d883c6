import Models
import Tensors
import Training

/// What a recommendation depends on in a model.
struct ModelProfile: Equatable, Sendable {
    /// The model's folder, as a run file names it.
    var path: String
    /// Numbers of the whole model.
    var parameters: Int
    /// Whether it compares images and texts instead of writing.
    var isContrastive = false
    /// Image tokens an image; 0 of a contrastive model.
    var tokensPerImage = 0
    /// The most tokens of an example.
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
        let objective = loaded.model.objective
        self.init(
            path: path, parameters: folder.checkpoint.names.reduce(0) { $0 + (folder.checkpoint[$1]?.count ?? 0) },
            isContrastive: objective.comparison != nil, tokensPerImage: try objective.mostImageTokens(folder.url),
            mostTokens: objective.maximumTokens, smallestSide: sides.min() ?? 1)
    }
}
