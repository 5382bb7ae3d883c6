import CBundledModel
public import Foundation
import Tensors

/// The model that comes with lorad: a LLaVA of 1.4 million parameters that knows the images of ``Domain/day``.
public enum BundledModel {
    /// Writes its Hugging Face folder.
    ///
    /// - Throws: `TensorError` if a file cannot be written.
    public static func write(to folder: URL) throws {
        for (name, bytes) in files { try AtomicFile.write([bytes], to: folder.appending(path: name).path) }
    }

    /// Names and contents; these are in the program itself.
    private static var files: [(String, UnsafeRawBufferPointer)] {
        (0...).lazy.map { lorad_bundled_model($0) }.prefix { $0.name != nil }.map {
            (String(cString: $0.name), UnsafeRawBufferPointer(start: $0.bytes, count: $0.count))
        }
    }
}
