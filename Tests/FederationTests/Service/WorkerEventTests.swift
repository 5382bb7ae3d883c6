import Foundation
import SwiftProtobuf
import Testing

@testable import Federation

@Suite("What a worker tells of its protocol")
struct WorkerEventTests {
    private let key = TaskKey(round: 2, id: 7, base: Data(repeating: 1, count: 32))
    private var order: WireOrder { .with { $0.task = key.wire } }

    private func verdict(_ outcome: WireVerdict.Outcome) -> Worker.Event {
        .replied(.with { $0.verdict = .with { $0.outcome = outcome } })
    }

    @Test("is the task's beginning, its work and its end")
    func news() {
        #expect(
            WorkerEvent.news(of: .replied(WireReply()), in: nil, next: .fetch(order)) == [.began(key)])
        let update = WireBlob.with { $0.size = 12 }
        #expect(
            WorkerEvent.news(of: .performed(update, .init()), in: key, next: .upload(order, update))
                == [.performed(key, .init(), updateBytes: 12)])
        let poll = Worker.Action.ask(WireRequest())
        for (wire, outcome) in [
            (WireVerdict.Outcome.counted, WorkerEvent.Outcome.counted), (.late, .late), (.refused, .refused),
        ] {
            #expect(
                WorkerEvent.news(of: verdict(wire), in: key, next: poll) == [.ended(key, outcome, reason: "")])
        }
        #expect(WorkerEvent.news(of: .abandoned, in: key, next: poll) == [.ended(key, .dropped, reason: "")])
        #expect(
            WorkerEvent.news(of: .failed(reason: "no"), in: key, next: poll) == [.ended(key, .failed, reason: "no")])
    }

    @Test("is nothing where nothing ended or began")
    func silence() {
        let poll = Worker.Action.ask(WireRequest())
        #expect(WorkerEvent.news(of: .replied(.with { $0.wait = .init() }), in: nil, next: poll).isEmpty)
        #expect(WorkerEvent.news(of: .abandoned, in: nil, next: poll).isEmpty)
        #expect(WorkerEvent.news(of: .uploaded, in: key, next: poll).isEmpty)
        #expect(WorkerEvent.news(of: verdict(.UNRECOGNIZED(9)), in: key, next: poll).isEmpty)
        #expect(
            WorkerEvent.news(of: .replied(.problem(.gone, "send it again")), in: key, next: poll).isEmpty)
    }
}
