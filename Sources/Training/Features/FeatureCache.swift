import Crypto
public import Foundation
public import Models
import Synchronization
public import Tensors

/// Features of images from a model's frozen layers, stored in a folder and found again by content.
///
/// The name of a file depends on the image's bytes, the processor's settings, the frozen weights, the model's
/// configuration and the type of its products, so any number of runs and processes can share a folder. Files appear
/// complete, and a file that is removed while in use stays readable. The features of each image are computed
/// separately, so the results of a run do not depend on the cache. When the folder exceeds its limit, the least
/// recently used files are removed first.
public final class FeatureCache: Sendable {
    /// The frozen layers of a model, and everything else that their results depend on.
    public struct Layers: Sendable {
        let compute: @Sendable (Tensor) -> Tensor?
        let digest: SHA256Digest

        /// The frozen layers; `nil` if the model's first layers are trained.
        ///
        /// - Parameters:
        ///   - model: the model.
        ///   - checkpoint: its checkpoint, which is read completely.
        ///   - configuration: the contents of its `config.json`.
        ///   - type: the type of its products.
        public init?(
            of model: any VisionLanguageModel, _ checkpoint: Checkpoint, configuration: Data, computing type: DType
        ) {
            let prefixes = model.frozenFeaturePrefixes
            guard !prefixes.isEmpty else { return nil }
            compute = { model.frozenFeatures($0) }
            var hash = SHA256()
            hash.update(data: Data("features-v1;\(type);\(configuration.count);".utf8))
            hash.update(data: configuration)
            for name in checkpoint.names where prefixes.contains(where: name.hasPrefix) {
                guard let tensor = checkpoint[name] else { continue }
                hash.update(data: Data("\(name);\(tensor.dtype);\(tensor.shape);".utf8))
                tensor.withBytes { hash.update(bufferPointer: $0) }
            }
            digest = hash.finalize()
        }
    }

    private let folder: FeatureFolder
    private let layers: Layers
    private let layout: any ImageLayout
    private let counts = Mutex((found: 0, computed: 0))

    /// Opens a folder, and creates it if needed.
    ///
    /// - Parameters:
    ///   - limit: its maximum size in bytes.
    /// - Throws: `TrainingError` if the folder cannot be created or read.
    public init(folder: URL, limit: Int, layers: Layers, layout: any ImageLayout) throws {
        self.folder = try FeatureFolder(folder, limit: limit)
        self.layers = layers
        self.layout = layout
    }

    /// Number of images whose features were found, and of those computed.
    public var statistics: (found: Int, computed: Int) { counts.withLock { $0 } }

    /// The features of an image.
    ///
    /// - Parameter tiles: makes its tiles, where they are needed.
    /// - Throws: what `tiles` throws; `TrainingError` if its bytes cannot be read or its features not be written.
    func features(of picture: Picture, tiles: () throws -> Tensor) throws -> Tensor {
        var hash = SHA256()
        layers.digest.withUnsafeBytes { hash.update(bufferPointer: $0) }
        let contents = try picture.contents()
        hash.update(data: Data("\(layout.cacheKey(forImage: contents));".utf8))
        hash.update(data: contents)
        let key = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        if let features = folder.read(key) {
            counts.withLock { $0.found += 1 }
            return features
        }
        guard let features = layers.compute(try tiles()) else {
            throw TrainingError(.invalidConfiguration, "the layers whose features are to be cached are trained")
        }
        counts.withLock { $0.computed += 1 }
        try folder.write(features, key)
        return features
    }
}
