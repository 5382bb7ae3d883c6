import Foundation
import Models
import Training

/// What a model folder's `config.json` says about the model's results.
enum ModelConfiguration {
    /// Keys that tell how the file was written, and types that the weights have themselves.
    private static let ignored: Set<String> = [
        "_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version", "use_cache",
    ]

    /// The digest of a folder's configuration: layout, order of keys and the ignored keys do not count.
    ///
    /// - Throws: `ModelError` if it cannot be read.
    static func digest(of folder: URL) throws -> ContentDigest {
        var hasher = ContentHasher()
        hasher.add(canonical(try ConfigurationReader(file: folder.appending(path: "config.json")).object).text())
        return hasher.digest
    }

    private static func canonical(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(canonical))
        case .object(let members):
            .object(
                members.filter { !ignored.contains($0.key) }.sorted { $0.key < $1.key }.map {
                    .init($0.key, canonical($0.value))
                })
        default: value
        }
    }
}
