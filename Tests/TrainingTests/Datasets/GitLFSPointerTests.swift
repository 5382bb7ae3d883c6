import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Git LFS pointers")
struct GitLFSPointerTests {
    private static let pointer = """
        version https://git-lfs.github.com/spec/v1
        oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
        size 14167

        """
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "lorad-lfs-\(UInt64.random(in: 0...(.max)))")

    /// The error of reading a pointer that lies under a name.
    private func message(_ name: String, _ read: (URL) throws -> Void) throws -> String {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(Self.pointer.utf8).write(to: file)
        let error = try #require(throws: (any Error).self) { try read(file) }
        return "\(error)"
    }

    private func expect(_ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ read: (URL) throws -> Void)
        throws
    {
        let message = try message(name, read)
        #expect(
            message.contains("\(name) is a Git LFS pointer: run git lfs pull")
                || message.contains("\(name): is a Git LFS pointer: run git lfs pull"),
            "\(message)", sourceLocation: sourceLocation)
    }

    @Test("are named wherever a model's file is read")
    func models() throws {
        try expect("model.safetensors") { _ = try SafetensorsFile(path: $0.path) }
        try expect("model.safetensors") { _ = try Checkpoint(folder: $0.deletingLastPathComponent()) { $0 } }
        try expect("model.safetensors.index.json") { _ = try Checkpoint(folder: $0.deletingLastPathComponent()) { $0 } }
        try expect("config.json") { _ = try ConfigurationReader(file: $0) }
        try expect("tokenizer.json") { _ = try Tokenizer(folder: $0.deletingLastPathComponent()) }
        try expect("preprocessor_config.json") { _ = try ImageProcessor(directory: $0.deletingLastPathComponent()) }
        for name in ["chat_template.jinja", "chat_template.json", "tokenizer_config.json"] {
            try expect(name) { _ = try ChatTemplateFile.find(inFolder: $0.deletingLastPathComponent().path) }
        }
    }

    @Test("are named wherever an adapter's file is read")
    func adapters() throws {
        try expect("adapter_config.json") { _ = try AdapterFolder.configuration(in: $0.deletingLastPathComponent()) }
        try expect("adapter_model.safetensors") { _ = try AdapterFolder.hasTemperature($0.deletingLastPathComponent()) }
    }

    @Test("are named wherever an image is read, or its header")
    func images() throws {
        for name in ["a.png", "a.jpg", "a.webp"] {
            try expect(name) { _ = try RGBImage(file: $0) }
            try expect(name) { _ = try RGBImage.size(of: $0) }
        }
    }

    @Test(
        "are named wherever a dataset is read",
        arguments: ["train.json", "train.jsonl", "metadata.csv", "metadata.jsonl", "shard.tar", "shards.txt"])
    func datasets(name: String) throws {
        for format in DataFormat.allCases where format != .classFolders {
            try expect(name) {
                var options = DatasetOptions(path: $0.path)
                options.format = format
                _ = try options.openRows()
            }
        }
    }

    @Test("are named where members of archives are read", arguments: ["1.txt", "1.cls", "1.json"])
    func members(name: String) throws {
        let folder = try TemporaryFolder()
        var tar = TarFile()
        tar.add("1.png", Data("a picture".utf8))
        tar.add(name, Self.pointer)
        let path = try folder.write(tar.finished, to: "x.tar")
        let rows = try DatasetOptions(path: path).openRows()
        let message = errorMessage { try rows.conversation(at: 0) }
        #expect(message?.contains("\(name) is a Git LFS pointer: run git lfs pull") == true, "\(message ?? "read")")
    }

    @Test("are named where predictions are read")
    func predictions() throws { try expect("predictions.jsonl") { _ = try PredictionFile.read($0.path) } }

    @Test("are told from files that only begin like one")
    func others() {
        #expect(!GitLFSPointer.isOne(Array("version 1.0 of something".utf8)))
        #expect(!GitLFSPointer.isOne([UInt8]()))
        #expect(GitLFSPointer.isOne(Array(Self.pointer.utf8)))
    }
}
