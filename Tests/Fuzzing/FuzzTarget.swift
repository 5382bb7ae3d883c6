import Foundation

/// A reader that is given whatever bytes there are: it may refuse them, and must do nothing else.
struct FuzzTarget: Sendable {
    /// The name that .ci/fuzz calls it by.
    let name: String
    let read: @Sendable (Data) throws -> Void

    /// A reader of bytes.
    init(_ name: String, _ read: @escaping @Sendable (Data) throws -> Void) {
        self.name = name
        self.read = read
    }

    /// A reader of a file, which is written anew for each input.
    init(_ name: String, file suffix: String, _ read: @escaping @Sendable (String) throws -> Void) {
        let path = "\(NSTemporaryDirectory())/lorad-fuzz-\(getpid())\(suffix)"
        self.init(name) { data in
            try data.write(to: URL(filePath: path))
            try read(path)
        }
    }
}

/// The target that the environment names.
private let chosen: FuzzTarget? = {
    let name = ProcessInfo.processInfo.environment["LORAD_FUZZ_TARGET"]
    let found = FuzzTarget.all.first { $0.name == name }
    if found == nil {
        let names = FuzzTarget.all.map(\.name).joined(separator: " ")
        FileHandle.standardError.write(Data("LORAD_FUZZ_TARGET must be one of \(names)\n".utf8))
    }
    return found
}()

/// What libFuzzer calls with each input; −1 keeps it out of the corpus.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let chosen else { return -1 }
    try? chosen.read(Data(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
