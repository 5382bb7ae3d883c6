import Federation
import Foundation
import Models
import Tensors
import Transports

/// The version of lorad, and of the libraries that it found.
enum Version {
    static let number = "0.1.0"

    /// What `--version` prints.
    static var text: String {
        (["lorad \(number), Swift \(swift)"] + libraries + [Products.summary]).joined(separator: "\n")
    }

    /// Names and versions of the libraries that are loaded, or that would be when they are needed.
    static var libraries: [String] {
        Products.versions + ImageCodecs.versions + [StoreLibrary.version, TLSLibrary.version]
            + ["libturbojpeg", "libnanomsg"].compactMap(loadedFile(of:))
    }

    private static var swift: String {
        #if compiler(>=6.4)
            return "6.4 or newer"
        #elseif compiler(>=6.3)
            return "6.3"
        #else
            return "6.2"
        #endif
    }

    /// The file of a library that does not report its version; the file name contains it.
    private static func loadedFile(of library: String) -> String? {
        SystemFile.text("/proc/self/maps").split(separator: "\n").lazy
            .compactMap { $0.split(separator: "/").last.map(String.init) }
            .first { $0.hasPrefix(library + ".so") }
    }
}
