import Adapters
import Federation
import Foundation

/// The names of what a run begins with, as a site's policy lists them.
extension RunBasis {
    /// The files that workers get beside the base model's.
    static let adapterFiles: Set<String> = [AdapterFolder.configurationFile, AdapterFolder.weightsFile]

    /// The files of the base model.
    var baseModelFiles: [CoordinatorOptions.File] { files.filter { !Self.adapterFiles.contains($0.name) } }

    /// The digest of the base model, of names and contents of its files.
    var baseModelDigest: String { Self.digest(of: baseModelFiles) }

    /// The digest of the adapter that training starts from; `nil` if the adapter begins with the run.
    var baseAdapterDigest: String? { files.first { $0.name == AdapterFolder.weightsFile }?.blob.text }

    /// The digest of files: `lorad inspect FOLDER --digest` prints it.
    static func digest(of files: [CoordinatorOptions.File]) -> String {
        RunBasis(configuration: "", files: files).digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
