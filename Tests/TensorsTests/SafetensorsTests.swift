import Foundation
import Testing

@testable import Tensors

@Suite("safetensors files")
struct SafetensorsTests {
    private func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString).safetensors").path
    }

    /// Writes a header and bytes as they are, opens the file, and returns the message of the error.
    private func failure(_ header: String, bytes: Int, claimedLength: UInt64? = nil) throws -> String {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var data = withUnsafeBytes(of: (claimedLength ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
        data += Data(header.utf8) + Data(count: bytes)
        try data.write(to: URL(filePath: path))
        let error = #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
        let message = error?.message ?? ""
        #expect(message.contains(path))
        return message
    }

    @Test("What is written is read back, in order, with its metadata")
    func roundTrip() throws {
        let path = temporaryPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var random = TestRandom()
        let state = StateDict([
            ("b", random.tensor([3, 2])), ("a", random.tensor([5]).converted(to: .bfloat16)),
            ("steps", Tensor(integers: [7, -1])), ("empty", Tensor([], shape: [0, 4])),
        ])
        try state.write(to: path)
        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == ["format": "pt"])
        for (name, tensor) in state.entries {
            let found = try #require(file[name])
            #expect(found.shape == tensor.shape && found.dtype == tensor.dtype && found.values == tensor.values)
        }
        #expect(file["b"]?.storage.isMapped == true)
        #expect(file["steps"]?.integerValues == [7, -1])
    }

    @Test("A header that claims more than the file holds is refused")
    func longHeader() throws {
        let message = try failure("{}", bytes: 0, claimedLength: 1 << 40)
        #expect(message.contains("claims 1099511627776 bytes"))
    }

    @Test("A header that is not JSON is refused")
    func notJSON() throws {
        #expect(try failure("{\"a\": nonsense}", bytes: 4).contains("not a safetensors header"))
    }

    @Test("A tensor beyond the end of the file is named")
    func outOfRange() throws {
        let header = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(try failure(header, bytes: 4).contains("tensor w is at bytes 0..<8, but the file has 4"))
    }

    @Test("Overlapping tensors are refused")
    func overlap() throws {
        let header = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}
            """
        #expect(try failure(header, bytes: 12).contains("tensor b begins at byte 4, expected 8"))
    }

    @Test("A byte range that does not fit the shape is refused")
    func wrongSize() throws {
        let header = #"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#
        #expect(try failure(header, bytes: 8).contains("F32 [3] takes 12"))
    }

    @Test("Negative and overflowing shapes and ranges are refused")
    func impossibleShapes() throws {
        for shape in ["[-1]", "[4611686018427387904,8]"] {
            _ = try failure(#"{"w":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,8]}}"#, bytes: 8)
        }
        _ = try failure(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, bytes: 8)
        _ = try failure(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, bytes: 8)
    }

    @Test("An unknown type is named")
    func unknownType() throws {
        let header = #"{"w":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#
        #expect(try failure(header, bytes: 8).contains("F8_E4M3"))
    }

    @Test("A name that stands twice is refused, and one that looks like JSON is a name like any other")
    func repeatedName() throws {
        let entry = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        #expect(try failure(#"{"a":\#(entry),"a":\#(entry)}"#, bytes: 4).contains("its header lists a tensor twice"))
        let state = StateDict([(#"a":{"b\"#, Tensor([1], shape: [1])), ("c:", Tensor([2], shape: [1]))])
        let data = try state.safetensorsHeader() + Data(count: 8)
        #expect(try SafetensorsFile(data: data, name: "it").names.count == 2)
    }

    @Test("Bytes that belong to no tensor are refused")
    func surplus() throws {
        let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        #expect(try failure(header, bytes: 8).contains("end at byte 4 of 8"))
    }

    @Test("Missing and empty files are told apart")
    func missing() throws {
        let path = temporaryPath()
        let missing = #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
        #expect(missing?.code == .fileNotFound)
        try Data().write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let empty = #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
        #expect(empty?.code == .corruptFile)
    }

    @Test("A file that cannot be written leaves nothing under its name")
    func unwritable() throws {
        let path = "/proc/lorad/weights.safetensors"
        #expect(throws: TensorError.self) { try StateDict().write(to: path) }
    }

    @Test("Tensors that lie over each other are refused before memory is taken for each")
    func overlaps() throws {
        // Forty gigabytes, if each were copied.
        let entry = #"{"dtype":"I8","shape":[4000000],"data_offsets":[0,4000000]}"#
        let header = "{" + (0..<10_000).map { #""\#($0)":\#(entry)"# }.joined(separator: ",") + "}"
        let data =
            withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8)
            + Data(count: 4_000_000)
        let error = #expect(throws: TensorError.self) { try SafetensorsFile(data: data, name: "it") }
        #expect(error?.message.contains("begins at byte 0, expected 4000000") == true)
    }

    @Test("A header over the limit for what peers send is refused, and tensors without elements may share a place")
    func limits() throws {
        let tensor = Tensor([1, 2], shape: [2])
        let state = StateDict([("b", tensor), ("a", Tensor([], shape: [0])), ("c", Tensor([], shape: [2, 0]))])
        let data = try state.safetensorsHeader() + tensor.withBytes { Data($0) }
        let file = try SafetensorsFile(data: data, name: "it", headerLimit: 1_000)
        #expect(file["b"]?.values == [1, 2] && file["a"]?.count == 0 && file.names.count == 3)
        #expect(throws: TensorError.self) { try SafetensorsFile(data: data, name: "it", headerLimit: 50) }
    }
}
