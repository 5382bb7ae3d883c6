import Crypto
import Foundation
import Testing

@testable import Privacy

@Suite struct DecodeFuzzTests {
    @Test("Bytes of any kind sent to a worker or a coordinator in any stage are refused, and never trap")
    func hostileBytes() throws {
        var generator = KeyStreamGenerator(key: TestRound.secret("fuzz"))
        var test = try TestRound(workers: 3)
        try fuzz(test, &generator)
        try test.advertise([0, 1, 2])
        try fuzz(test, &generator)
        try test.share([0, 1, 2])
        try fuzz(test, &generator)
        try test.send(test.vectors(), of: [0, 1, 2])
        try fuzz(test, &generator)
        try test.consent([0, 1, 2])
        try fuzz(test, &generator)
    }

    private func fuzz(_ test: TestRound, _ generator: inout KeyStreamGenerator) throws {
        let genuine = test.server.message(for: test.workers[0].identity) ?? test.workers[0].advertisement
        for _ in 0..<600 {
            var bytes =
                generator.number(below: 3) == 0
                ? Data(generator.bytes(generator.number(below: 300))) : genuine
            if generator.number(below: 3) == 0 {
                let kind = UInt8(1 + generator.number(below: 12))
                bytes = Data([1, kind, 7, 0, 0, 0, 0, 0, 0, 0]) + bytes.dropFirst(10)
            }
            for _ in 0..<generator.number(below: 4) where !bytes.isEmpty {
                bytes[bytes.startIndex + generator.number(below: bytes.count)] = UInt8(generator.number(below: 256))
            }
            // Whole messages reach what is read after all has been found to be there.
            if generator.number(below: 2) == 0 { bytes = bytes.prefix(generator.number(below: bytes.count + 1)) }
            if bytes == genuine { continue }
            var copy = test
            #expect(code { try copy.server.receive(bytes) } != nil)
            #expect(code { try copy.server.fold(bytes) { _ in Data() } } != nil)
            _ = try? copy.workers[0].answer(bytes)
            // The first list of survivors may be any that can be true.
            if test.server.stage != .consents {
                #expect(copy.workers[0].consent?.survivors == test.workers[0].consent?.survivors)
            }
        }
    }

    @Test("A count that promises more than there is takes no memory")
    func hugeCounts() {
        for kind in [MessageKind.roster, .openings, .delivery, .unmasking, .survivors] {
            let message = MessageHeader.bytes(kind, round: 7) + Data(repeating: 0xff, count: 40)
            #expect(
                code {
                    var test = try TestRound(workers: 3)
                    try test.advertise([0, 1, 2])
                    _ = try test.answers(of: [0])
                    _ = try test.workers[0].answer(message)
                } != nil)
        }
    }

    @Test("Configurations out of range are refused with the number")
    func configurations() {
        func refused(
            _ run: String = "r", _ elements: Int = 5, _ bits: Int = 24, _ fewest: Int = 3, _ most: Int = 8,
            _ threshold: Double = 0.67, _ colluders: Int = 0, _ binding: Data = Data()
        ) -> PrivacyError.Code? {
            code {
                _ = try SecureAggregationConfiguration(
                    run: run, round: 1, elements: elements, bits: bits, fewestWorkers: fewest, mostWorkers: most,
                    threshold: threshold, colluders: colluders, binding: binding)
            }
        }
        #expect(refused() == nil)
        #expect(refused("") == .invalidConfiguration)
        #expect(refused("r", 0) == .invalidConfiguration)
        #expect(refused("r", 1 << 31) == .invalidConfiguration)
        #expect(refused("r", 5, 33) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 1) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 9) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 3, 256) == nil)
        #expect(refused("r", 5, 24, 3, 8, 0.67, 7) == nil)
        #expect(refused("r", 5, 24, 3, 8, 0.67, 8) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 3, 8, 0.67, -1) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 3, 8, 0.5) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 3, 8, .nan) == .invalidConfiguration)
        #expect(refused("r", 5, 24, 3, 8, 0.67, 0, Data(count: 256)) == .invalidConfiguration)
    }
}
