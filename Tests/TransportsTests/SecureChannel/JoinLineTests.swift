import Foundation
import Testing

@testable import Transports

@Suite("A join line")
struct JoinLineTests {
    private let key = IdentityKey().publicIdentity
    private let token = JoinToken()

    @Test(
        "is read as it was printed",
        arguments: ["tcp://host:7700", "tcp://[::1]:7700", "ws://10.0.0.1:80/lorad", "ipc:///run/lorad.sock"])
    func roundTrip(address: String) throws {
        for coordinator in [JoinLine.Coordinator.pinned(key), .insecure] {
            for token in [token, nil] {
                let line = JoinLine(address: address, coordinator: coordinator, token: token)
                let read = try JoinLine(text: line.text)
                #expect(read.text == line.text)
                #expect(read.address == address)
                #expect(read.coordinator == coordinator)
                #expect(read.token?.text == token?.text)
            }
        }
    }

    @Test("that is wrong is refused with what is wrong and what to do")
    func problems() {
        let key = key.text
        let token = token.text
        let broken = token.hasPrefix("A") ? "B" + token.dropFirst() : "A" + token.dropFirst()
        let cases: [(String, TransportError.Code, String)] = [
            ("", .invalidEndpoint, "is no address"),
            ("host:7700?key=\(key)", .invalidEndpoint, "'host:7700' is no address"),
            ("tcp://?key=\(key)", .invalidEndpoint, "is no address"),
            ("tcp://a b:1?key=\(key)", .invalidEndpoint, "is no address"),
            ("tcp://h:1", .invalidKey, "has no key=…"),
            ("tcp://h:1?token=\(token)", .invalidKey, "in quotes"),
            ("tcp://h:1?key=", .invalidKey, "has 0"),
            ("tcp://h:1?key=\(key.dropLast(4))", .invalidKey, "43 characters; this one has 39"),
            ("tcp://h:1?key=\(key.dropLast())*", .invalidKey, "is no key"),
            ("tcp://h:1?key=\(String(repeating: "A", count: 43))", .invalidKey, "could keep a secret"),
            ("tcp://h:1?key=\(key)&token=\(token.dropLast())", .malformed, "copy the whole join line"),
            ("tcp://h:1?key=\(key)&token=\(broken)", .malformed, "token is damaged"),
            ("tcp://h:1?key=\(key)&token=", .malformed, "token is damaged"),
            ("tcp://h:1?key=\(key)&key=\(key)", .invalidEndpoint, "each once"),
            ("tcp://h:1?key=\(key)&kye=1", .invalidEndpoint, "'kye'"),
            ("tcp://h:1?key", .invalidEndpoint, "'key'"),
            ("tcp://h:1?insecure=yes", .invalidEndpoint, "insecure=1"),
            ("tcp://h:1?key=\(key)&insecure=1", .invalidEndpoint, "both"),
        ]
        for (text, code, part) in cases {
            let error = #expect(throws: TransportError.self, "\(text)") { try JoinLine(text: text) }
            #expect(error?.code == code, "\(text)")
            #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
        }
    }

    @Test("has a token with a checksum, which is never printed by accident")
    func checksum() throws {
        #expect(token.text.count == 27)
        #expect(try JoinToken(text: token.text).digest == token.digest)
        #expect(!"\(token)".contains(token.text.prefix(8)))
        var generator = SeededGenerator(state: 1)
        #expect(JoinToken(using: &generator).text != JoinToken(using: &generator).text)
    }
}
