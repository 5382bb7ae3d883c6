import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("A coordinator that gives one worker other work than the rest")
struct ModelInconsistencyTests {
    private typealias Given = LyingCoordinator.Given

    private static let lies: [(name: String, change: @Sendable (inout LyingCoordinator.Given) -> Void)] = [
        ("another base state", { $0.base = LyingCoordinator.state(3) }),
        ("a base state that differs in one bit", { $0.base = LyingCoordinator.state(Float(1).nextUp) }),
        ("no steps", { ($0.work, $0.moves) = (Data("no steps".utf8), 0) }),
        ("another run file or base model", { $0.basis = Data("another".utf8) }),
        (
            "another file",
            { $0.files = [Attachment(name: Data("p".utf8), blob: Data(repeating: 1, count: 32), size: 1)] }
        ),
    ]

    @Test("gets no share of anyone: everybody leaves, and says why", arguments: lies.indices)
    func lie(index: Int) throws {
        // The victim works as it should; of all the others the coordinator wants to know the result beforehand.
        var others = Given()
        Self.lies[index].change(&others)
        var liar = try LyingCoordinator([Given(), others, others, others])
        for departure in try liar.departures() {
            let words = departure ?? ""
            let isTold = words.contains("another state, order, run file or base model")
            #expect(isTold, "\(Self.lies[index].name): \(words)")
        }
    }

    @Test("is told from one that gives the same to all, whose exchange goes on")
    func honest() throws {
        var honest = try LyingCoordinator([Given(), Given(moves: 0.5), Given(moves: -1), Given(moves: 0)])
        #expect(try honest.departures() == [nil, nil, nil, nil])
    }

    @Test("with other terms for one than for the rest gets nothing either")
    func terms() throws {
        var liar = try LyingCoordinator([Given(), Given(), Given()]) { terms, index in
            if index > 0 { terms.largestWeight = 9 }
        }
        #expect(try liar.departures().allSatisfy { $0?.contains("other settings") == true })
    }

    @Test("cannot make two different things one stream of bytes")
    func framing() {
        let state = LyingCoordinator.state()
        func digest(_ basis: String, _ work: String) -> Data {
            ResultBinding(basis: Data(basis.utf8), state: state, work: Data(work.utf8)).digest
        }
        #expect(digest("ab", "c") != digest("a", "bc"))
        #expect(digest("ab", "c") == digest("ab", "c"))
        let renamed = StateDict(state.entries.map { ($0.name + "x", $0.tensor) })
        #expect(renamed.contentDigest != state.contentDigest)
    }
}
