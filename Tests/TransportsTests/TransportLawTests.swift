import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Transports

@Suite("On every transport", .serialized, .ownThreads, .timeLimit(.minutes(10)))
struct TransportLawTests {
    @Test("each dialer gets the replies to its own requests, whatever their sizes", arguments: Wire.available)
    func replies(_ wire: Wire) throws {
        let server = try wire.listen()
        let answering = server.answerReversed(threads: 3)
        try Threads(4) { index in
            let dialer = try server.dialer()
            defer { dialer.close() }
            for size in [0, 1, 13, 14, 15, 31, 32, 33, 4096, 1 << 16] {
                let bytes = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) })
                try dialer.expectReply(Data(bytes.reversed()), to: bytes)
            }
        }.join()
        server.close()
        try answering.join()
    }

    @Test("replies may be given later, in another order and from another thread", arguments: Wire.available)
    func lateReplies(_ wire: Wire) throws {
        let server = try wire.listen()
        defer { server.close() }
        let asking = Threads(3) { index in
            let dialer = try server.dialer()
            defer { dialer.close() }
            try dialer.expectReply(Data([UInt8(index), 9]), to: Data([UInt8(index)]))
        }
        let requests = try (0..<3).compactMap { _ in try server.receive() }
        #expect(Set(requests.map(\.ticket)).count == 3)
        try Threads(1) { _ in
            for request in requests.reversed() { try server.reply(request.bytes + [9], to: request.ticket) }
        }.join()
        try asking.join()
    }

    @Test("after a timeout the dialer goes on, and the late reply is nobody's", arguments: Wire.available)
    func timeout(_ wire: Wire) throws {
        let server = try wire.listen()
        let answering = Threads(1) { _ in
            var late: [ReplyTicket] = []
            while let request = try server.receive() {
                if request.bytes == Data("late".utf8) {
                    late.append(request.ticket)
                } else {
                    for ticket in late { try server.reply(Data("wrong".utf8), to: ticket) }
                    try server.reply(request.bytes, to: request.ticket)
                }
            }
        }
        let dialer = try server.dialer()
        for text in ["first", "second", "third"] {
            try dialer.expectReply(Data(text.utf8), to: Data(text.utf8))
            expect(.timeout) { try dialer.request(Data("late".utf8), timeout: moment) }
        }
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("a timeout passes where nobody listens", arguments: Wire.available)
    func nobody(_ wire: Wire) throws {
        let server = try wire.listen()
        server.close()
        let dialer = try server.dialer()
        defer { dialer.close() }
        expect(.timeout) { try dialer.request(Data([1]), timeout: moment) }
        expect(.timeout) { try dialer.request(Data([1]), timeout: .zero) }
    }

    @Test("what is over the limit is refused before it is sent", arguments: Wire.available)
    func limits(_ wire: Wire) throws {
        let server = try wire.listen(limit: 1000)
        defer { server.close() }
        let dialer = try server.dialer(limit: 1000)
        defer { dialer.close() }
        expect(.tooLarge) { try dialer.request(Data(count: 1001), timeout: patience) }
        let asking = Threads(1) { _ in
            try dialer.expectReply(Data(count: 1000), to: Data(count: 1000))
        }
        let request = try #require(try server.receive())
        expect(.tooLarge) { try server.reply(Data(count: 1001), to: request.ticket) }
        try server.reply(request.bytes, to: request.ticket)
        try asking.join()
    }

    @Test("a request over the server's limit never reaches it, and the others are served", arguments: Wire.available)
    func overTheServersLimit(_ wire: Wire) throws {
        let server = try wire.listen(limit: 100)
        let answering = server.answerReversed()
        let (generous, modest) = (try server.dialer(limit: 10_000), try server.dialer(limit: 100))
        expect(.timeout) { try generous.request(Data(count: 101), timeout: moment) }
        expect(.timeout) { try generous.request(Data(count: 10_000), timeout: moment) }
        try modest.expectReply(Data([2, 1]), to: Data([1, 2]))
        try generous.expectReply(Data([4, 3]), to: Data([3, 4]))
        for dialer in [generous, modest] { dialer.close() }
        server.close()
        try answering.join()
    }

    @Test("a reply over the dialer's limit never reaches it", arguments: Wire.available)
    func overTheDialersLimit(_ wire: Wire) throws {
        let server = try wire.listen(limit: 1000)
        let answering = Threads(1) { _ in
            while let request = try server.receive() {
                do {
                    try server.reply(Data(count: 1000), to: request.ticket)
                } catch let error as TransportError where error.code == .closed {
                    return  // on a busy machine the dialer's moment is over first
                }
            }
        }
        let dialer = try server.dialer(limit: 100)
        expect(.timeout) { try dialer.request(Data([1]), timeout: moment) }
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("closing a server wakes every thread that receives, and it stays closed", arguments: Wire.available)
    func closingServer(_ wire: Wire) throws {
        for _ in 0..<20 {
            let server = try wire.listen()
            let receiving = Threads(4) { _ in
                let request = try server.receive()
                #expect(request == nil)
            }
            server.close()
            server.close()
            try receiving.join()
            #expect(try server.receive() == nil)
            expect(.closed) { try server.reply(Data(), to: ReplyTicket(1)) }
        }
    }

    @Test("closing a dialer wakes its request, and it stays closed", arguments: Wire.available)
    func closingDialer(_ wire: Wire) throws {
        let server = try wire.listen()
        defer { server.close() }
        let dialer = try server.dialer()
        let asking = Threads(2) { _ in expect(.closed) { try dialer.request(Data([1]), timeout: patience) } }
        let request = try #require(try server.receive())
        dialer.close()
        dialer.close()
        try asking.join()
        expect(.closed) { try dialer.request(Data([1]), timeout: patience) }
        try server.reply(Data([2]), to: request.ticket)
    }

    @Test("a reply to a ticket that is not the server's own is dropped", arguments: Wire.available)
    func strangeTicket(_ wire: Wire) throws {
        let server = try wire.listen()
        let answering = server.answerReversed()
        for route in [[], [1], [UInt8](repeating: 255, count: 8), [UInt8](repeating: 1, count: 40)] {
            try server.reply(Data([1]), to: ReplyTicket(route: route))
        }
        let dialer = try server.dialer()
        try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("two servers cannot listen at one place", arguments: Wire.available)
    func addressInUse(_ wire: Wire) throws {
        let server = try wire.listen()
        let answering = server.answerReversed()
        expect(.addressInUse) { try server.successor() }
        let dialer = try server.dialer()
        try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test(
        "a request waits for a server that comes later, and goes to the next if one leaves", arguments: Wire.available)
    func successor(_ wire: Wire) throws {
        let first = try wire.listen()
        let dialer = try first.dialer()
        let asking = Threads(1) { _ in
            try dialer.expectReply(Data([2, 1]), to: Data([1, 2]))
        }
        #expect(try first.receive()?.bytes == Data([1, 2]))
        first.close()
        let second = try first.successor()
        let answering = second.answerReversed()
        try asking.join()
        dialer.close()
        second.close()
        try answering.join()
    }

    @Test("threads that share a dialer take turns", arguments: Wire.available)
    func sharedDialer(_ wire: Wire) throws {
        let server = try wire.listen()
        let answering = server.answerReversed(threads: 2)
        let dialer = try server.dialer()
        try Threads(8) { index in
            let bytes = Data([UInt8(index), 0])
            try dialer.expectReply(Data(bytes.reversed()), to: bytes)
        }.join()
        dialer.close()
        server.close()
        try answering.join()
    }

    @Test("many dialers wait at once, and each is answered", arguments: Wire.available)
    func manyDialers(_ wire: Wire) throws {
        let server = try withRoom { try wire.listen() }
        // Opened before anyone asks, so that nobody's patience ends while another waits for a socket.
        let dialers = try (0..<wire.manyDialers).map { _ in try withRoom { try server.dialer() } }
        let asking = Threads(dialers.count) { index in
            let dialer = dialers[index]
            defer { dialer.close() }
            let bytes = withUnsafeBytes(of: index) { Data($0) }
            try dialer.expectReply(bytes, to: bytes)
        }
        let answering = Threads(1) { _ in
            let requests = try dialers.compactMap { _ in try server.receive() }
            for request in requests { try server.reply(request.bytes, to: request.ticket) }
        }
        defer { server.close() }
        try asking.join()
        try answering.join()
    }

    @Test("a process without sockets for another is told of nanomsg's limit and of files")
    func socketLimit() {
        let error = NanomsgSocket.unavailable(NanomsgFailure(code: EMFILE))
        #expect(error.code == .unavailable)
        #expect(error.message.contains("nanomsg gives a process 512 sockets, and `ulimit -n` is the most files"))
        #expect(NanomsgSocket.unavailable(NanomsgFailure(code: ENOMEM)).message == "no socket can be made")
    }

    @Test("an endpoint of another transport is refused", arguments: Wire.available)
    func anothersEndpoint(_ wire: Wire) throws {
        let endpoint = try (wire == .inproc ? Wire.tcp : Wire.inproc).endpoint()
        let transport = try TransportRegistry.transport(for: try wire.endpoint())
        expect(.invalidEndpoint) { try transport.listen(on: endpoint, limit: 10) }
        expect(.invalidEndpoint) { try transport.dial(endpoint, limit: 10) }
    }
}

/// Expects a `TransportError` with this code.
func expect(
    _ code: TransportError.Code, at location: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) {
    let error = #expect(throws: TransportError.self, sourceLocation: location) { _ = try body() }
    #expect(error?.code == code, sourceLocation: location)
}
