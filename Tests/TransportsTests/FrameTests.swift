import Foundation
import Testing

@testable import Transports

@Suite("A frame")
struct FrameTests {
    @Test("is read as it was written", arguments: [0, 1, 20, 5000], [0, 1, 20, 5000])
    func roundTrip(message: Int, payload: Int) throws {
        let frame = Frame(message: Data(repeating: 7, count: message), payload: Data(repeating: 9, count: payload))
        let record = try frame.encoded()
        #expect(record.count == Frame.headerSize + message + payload)
        #expect(try Frame(decoding: record, messageLimit: message) == frame)
        // A record may itself be a part of something.
        let part = (Data([1, 2, 3]) + record).dropFirst(3)
        #expect(try Frame(decoding: part, messageLimit: message) == frame)
    }

    @Test("is bytes in a fixed order")
    func layout() throws {
        let frame = Frame(message: Data("abc".utf8), payload: Data([255]))
        #expect(try frame.encoded() == Data([3, 0, 0, 0, 97, 98, 99, 255]))
        #expect(try Frame(message: Data()).encoded() == Data([0, 0, 0, 0]))
    }

    @Test("shares the record's memory")
    func sharing() throws {
        let record = try Frame(message: Data(count: 100), payload: Data(count: 10_000)).encoded()
        let frame = try Frame(decoding: record, messageLimit: 100)
        let distance = record.withUnsafeBytes { record in
            frame.payload.withUnsafeBytes { $0.baseAddress.map { address in address - record.baseAddress! } }
        }
        #expect(distance == Frame.headerSize + 100)
    }

    @Test("that ends too early is malformed", arguments: 0..<7)
    func short(_ count: Int) throws {
        let record = try Frame(message: Data("abc".utf8)).encoded().prefix(count)
        expect(.malformed) { try Frame(decoding: record, messageLimit: 100) }
    }

    @Test("whose message is over the limit is refused, also if its bytes are not there")
    func limits() throws {
        let record = try Frame(message: Data(count: 11)).encoded()
        expect(.tooLarge) { try Frame(decoding: record, messageLimit: 10) }
        expect(.tooLarge) { try Frame(decoding: Data(repeating: 255, count: 8), messageLimit: 10) }
    }
}
