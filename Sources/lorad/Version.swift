import Tensors

/// The version of lorad, and of the libraries that it found.
enum Version {
    static let number = "0.1.0"

    /// What `--version` prints.
    static var text: String {
        "lorad \(number)\n" + Products.versions.joined(separator: "\n") + "\n" + Products.summary
    }
}
