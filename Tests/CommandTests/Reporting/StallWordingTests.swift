import Federation
import Models
import Testing

@testable import lorad

@Suite("Words about a run that waits")
struct StallWordingTests {
    private func announcement(_ need: Shortage.Need, unit: RunUnit, missing: [Shortage.Missing]) -> Announcement {
        var shortage = Shortage(round: 4, need: need, missing: missing)
        shortage.waited = .seconds(95)
        return StallWording(shortage, unit: unit).announcement
    }

    @Test("say for what, for how long, who is missing and how it went, and what there is to do")
    func round() throws {
        let told = announcement(
            .workers(there: 1, needed: 3), unit: .round,
            missing: [
                .init(name: "site-c", state: nil), .init(name: "site-a\nx", state: .silent),
                .init(name: "site-b", state: .left),
            ])
        #expect(
            told.text == """
                round 5 has waited for 1:35 for workers: 1 of the 3 that it needs are connected. Missing: site-a x \
                (is silent), site-b (has left), site-c (has not come back since the coordinator started). Wait, or start the \
                missing workers again; or stop the coordinator: finished work is kept, and the same command continues the \
                run; or start again with a smaller federation.min_workers (under secure aggregation also fewest_workers) and --overwrite
                """)
        #expect(told.event == "stalled")
    }

    @Test("say why a worker that is there cannot take part")
    func unable() throws {
        let missing = Shortage.Missing(name: "site-b", state: .idle, reason: "2 of the other workers do not accept it")
        let told = announcement(.workers(there: 2, needed: 3), unit: .round, missing: [missing])
        #expect(
            try #require(told.text).contains(
                ". Missing: site-b (2 of the other workers do not accept it). Wait, or start"))
    }

    @Test("of a step ask for a worker, and of results say that nobody has another")
    func others() throws {
        let step = try #require(announcement(.results(counted: 0, needed: 4), unit: .step, missing: []).text)
        #expect(step.contains("step 5 has waited for 1:35 for workers: none is connected. Start a worker, or stop"))
        #expect(!step.contains("min_workers"))
        let results = try #require(announcement(.results(counted: 2, needed: 3), unit: .round, missing: []).text)
        #expect(results.contains("2 of the 3 that it needs are in, and no connected worker has another to send"))
    }

    @Test("name twenty workers, and count the others")
    func many() throws {
        let missing = (100..<130).map { Shortage.Missing(name: "w\($0)", state: .silent) }
        let text = try #require(announcement(.workers(there: 1, needed: 31), unit: .round, missing: missing).text)
        #expect(text.contains("w119 (is silent) and 10 more. Wait") && !text.contains("w120"))
    }
}
