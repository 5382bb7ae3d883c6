import Foundation
import Tensors
import Testing

@Suite("A file that is written atomically")
final class AtomicFileTests {
    private let folder = NSTemporaryDirectory() + "lorad-\(UUID().uuidString)"
    private let files = FileManager.default

    init() throws { try files.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? files.removeItem(atPath: folder) }

    @Test("replaces the old one, creates its folder, and leaves nothing else behind")
    func replaces() throws {
        let path = "\(folder)/a/b/file.txt"
        try AtomicFile.write("old and longer", to: path)
        try AtomicFile.write("new", to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try files.contentsOfDirectory(atPath: "\(folder)/a/b") == ["file.txt"])
    }

    @Test("holds megabytes as they are")
    func large() throws {
        let data = Data((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try AtomicFile.write(data, to: "\(folder)/large")
        #expect(files.contents(atPath: "\(folder)/large") == data)
    }

    @Test("is made of pieces, some of them empty, and may be empty itself")
    func pieces() throws {
        let parts = [[UInt8]("one".utf8), [], [UInt8](", two".utf8)].map { Data($0) }
        let path = "\(folder)/pieces"
        try parts[0].withUnsafeBytes { first in
            try parts[1].withUnsafeBytes { second in
                try parts[2].withUnsafeBytes { try AtomicFile.write([first, second, $0], to: path) }
            }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "one, two")
        try AtomicFile.write(Data(), to: path)
        #expect(files.contents(atPath: path) == Data())
    }

    @Test("that cannot be written is named, what was there stays, and no temporary file does")
    func failure() throws {
        try AtomicFile.write("kept", to: "\(folder)/file")
        try files.createDirectory(atPath: "\(folder)/taken", withIntermediateDirectories: false)
        for target in ["\(folder)/file/below", "\(folder)/taken"] {
            let error = #expect(throws: TensorError.self) { try AtomicFile.write("x", to: target) }
            #expect(error?.code == .writeFailed)
            #expect(error?.message.hasPrefix("\(target): cannot be written: ") == true)
        }
        #expect(try files.contentsOfDirectory(atPath: folder).sorted() == ["file", "taken"])
        #expect(try String(contentsOfFile: "\(folder)/file", encoding: .utf8) == "kept")
    }

    @Test("is read as absent only if nothing has its name")
    func present() throws {
        let path = "\(folder)/file"
        #expect(try BoundedFile.readIfPresent(path) == nil)
        #expect(try BoundedFile.readIfPresent("\(folder)/none/file") == nil)
        try AtomicFile.write("text", to: path)
        #expect(try BoundedFile.readIfPresent(path) == Data("text".utf8))
        try files.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "\(folder)/nowhere")
        for (other, reason) in [
            (folder, " is a folder, a pipe or a device"), ("\(path)/below", " cannot be read: Not a directory"),
            ("\(folder)/link", " cannot be read: No such file or directory"),
        ] {
            let error = #expect(throws: TensorError.self) { try BoundedFile.readIfPresent(other) }
            #expect(error?.message.hasPrefix(other + reason) == true, "\(error?.message ?? "")")
        }
    }
}
