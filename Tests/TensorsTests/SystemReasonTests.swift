import Foundation
import Tensors
import Testing

@Suite("The reason of an error")
struct SystemReasonTests {
    @Test("is the system's in words, with the file where it is asked for")
    func system() throws {
        let path = NSTemporaryDirectory()
        let error = #expect(throws: (any Error).self) { _ = try Data(contentsOf: URL(filePath: path)) }
        let found = try #require(error)
        #expect(SystemReason.of(found) == "Is a directory")
        #expect(SystemReason.withPath(found).hasSuffix(": Is a directory"))
        let told = TensorError(.fileNotFound, "it cannot be read", cause: found)
        #expect(told.description == "it cannot be read (Is a directory)")
    }

    @Test("is what an error of ours says of itself")
    func own() {
        let error = TensorError(.corruptFile, "it is damaged")
        #expect(SystemReason.of(error) == "it is damaged" && SystemReason.withPath(error) == "it is damaged")
    }
}
