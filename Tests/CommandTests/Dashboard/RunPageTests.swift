import Federation
import Foundation
import Models
import Privacy
import Testing
import Transports

@testable import lorad

@Suite("The page of a run")
struct RunPageTests {
    private let folder: TemporaryFolder
    private let store: RunStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SamplePage.store(in: folder)
    }

    @Test("has the store's rounds, workers and sums")
    func stored() throws {
        try SamplePage.run(3, in: store)
        try store.setState(.finished)
        let page = try RunPage(store.history, process: nil)
        #expect(page.run == "sample" && page.mode == "federated" && page.unit == "round" && page.state == .finished)
        #expect(page.done == 3 && page.planned == 4 && page.loss == 2.0 / 3 && !page.isLive)
        #expect(page.tokens == 300 && page.results == 6 && page.bytesIn == 3_000 && page.bytesOut == 6_000)
        #expect(page.tokensPerSecond == 200 && page.secondsPerRound == 0.5)
        #expect(page.curves.map(\.quantity) == [.loss, .evalLoss, .evalExactMatch])
        #expect(page.curves[0].rounds == [1, 2, 3] && page.curves[0].values == [2, 1, 2.0 / 3])
        #expect(page.rounds.map(\.accuracy) == [0.25, 0.5, 0.75] && page.rounds.map(\.number) == [1, 2, 3])
        #expect(page.workers.map(\.name) == ["alpha", "beta"] && page.workers.allSatisfy { $0.counted == 3 })
        #expect(page.workers[0].bytesOut == 3_000 && page.workers[0].tokensPerSecond == 200)
    }

    @Test("says how a run was left")
    func states() throws {
        #expect(try RunPage(store.history, process: nil).state == .created)
        try store.setState(.running)
        #expect(try RunPage(store.history, process: nil).state == .interrupted)
        #expect(try RunPage(store.history, process: 7).state == .working)
        try store.setState(.stopped)
        #expect(try RunPage(store.history, process: nil).state == .stopped)
    }

    @Test("has what was spent of the privacy budget, as lorad privacy ledger tells it")
    func privacy() throws {
        let folder = try TemporaryFolder()
        let store = try SamplePage.store(in: folder, isPrivate: true)
        try SamplePage.run(3, in: store)
        let privacy = try #require(try RunPage(store.history, process: nil).privacy)
        var ledger = PrivacyLedger()
        for _ in 0..<3 { try ledger.append(PrivacyRelease(.gaussian(noiseMultiplier: 2))) }
        #expect(privacy.epsilon == (try ledger.spent(delta: 1e-5).epsilon))
        #expect(privacy.target == 8 && privacy.delta == 1e-5)
        #expect(privacy.meaning.contains("one worker with all of its data"))
        #expect(privacy.withheld == WithheldFigures.reason)
    }

    @Test("leaves out what differential privacy keeps back, also of a store that has it still")
    func withheld() throws {
        let folder = try TemporaryFolder()
        let store = try SamplePage.store(in: folder, isPrivate: true)
        try SamplePage.run(3, in: store)
        let page = try RunPage(store.history, process: nil)
        #expect(page.results == 6 && page.done == 3 && page.planned == 4 && page.secondsPerRound == 0.5)
        #expect(
            page.loss == nil && page.tokens == 0 && page.tokensPerSecond == nil && page.bytesIn + page.bytesOut == 0)
        #expect(page.curves.map(\.quantity) == [.evalLoss, .evalExactMatch])
        #expect(page.rounds.allSatisfy { $0.loss == nil && $0.tokens + $0.bytesIn + $0.bytesOut == 0 })
        #expect(
            page.workers.allSatisfy { $0.counted == 3 && $0.tokensPerSecond == nil && $0.bytesIn + $0.bytesOut == 0 })
        let digest = try RunDigest(store.history, process: nil)
        let plain = ProgressStyle(isTerminal: false, usesColour: false, columns: 80)
        let text = digest.text(plain, limit: 20)
        #expect(text.hasSuffix(WithheldFigures.reason))
        for word in ["tokens ", "loss", "kB", " in "] {
            #expect(!text.dropLast(WithheldFigures.reason.count).contains(word))
        }
        let json = digest.json
        #expect(
            json["withheld"]?.stringValue == WithheldFigures.reason && json["tokens"] == nil && json["bytes_in"] == nil)
        #expect(json["workers"]?[0]?["counted"]?.intValue == 3 && json["workers"]?[0]?["seconds"] == nil)
        #expect(json["rounds"]?[0]?["withheld"]?.boolValue == true && json["rounds"]?[0]?["tokens"] == nil)
    }

    @Test("has no account of budgets that workers keep, and none where there is no noise", arguments: [true, false])
    func otherPrivacy(isOwn: Bool) throws {
        let noise = "privacy: { differential_privacy: { enabled: true, unit: person, target_epsilon: 3, clip: 0.1 } }"
        let text = """
            run: sample
            model: { path: m }
            adapter: { r: 4 }
            federation: { mode: federated }
            \(isOwn ? noise : "")
            """
        try store.beginAnew(mode: "federated", configuration: text, now: SamplePage.start)
        let privacy = try RunPage(store.history, process: nil).privacy
        #expect((privacy != nil) == isOwn && privacy?.epsilon == nil)
        guard isOwn else { return }
        #expect(privacy?.target == 3 && privacy?.meaning.contains("lorad privacy ledger sample --worker NAME") == true)
    }

    @Test("has the last problems of each kind, newest first")
    func incidents() throws {
        for index in 0..<30 {
            try store.record(IncidentRecord(kind: "door", time: SamplePage.start + Double(index), text: "\(index)"))
        }
        try store.record(IncidentRecord(kind: "silent", time: SamplePage.start - 1, text: "alpha is\nsilent"))
        let incidents = try RunPage(store.history, process: nil).incidents
        #expect(incidents.map(\.text) == (20..<30).reversed().map { "\($0)" } + ["alpha is silent"])
    }

    @Test("can be written whatever peers claim of themselves")
    func claims() throws {
        var snapshot = SampleRun.snapshot()
        snapshot.workers[0].tokensPerSecond = .infinity
        snapshot.workers[0].progress = .nan
        snapshot.workers[1].received = .max
        let page = try RunJournal(store.history, done: 0, minimumWorkers: 1).page(of: snapshot)
        #expect(try SamplePage.page(json: page.json()) == page && page.workers[0].tokensPerSecond == nil)
    }
}

@Suite("The page of a run that goes on")
struct RunJournalTests {
    private let folder: TemporaryFolder
    private let store: RunStore

    init() throws {
        folder = try TemporaryFolder()
        store = try SamplePage.store(in: folder)
    }

    @Test("has the run as it is, and what this process has done")
    func snapshot() throws {
        let journal = try RunJournal(store.history, done: 0, minimumWorkers: 2)
        journal.add(SamplePage.figures(1), round: 1, at: SamplePage.start)
        let page = journal.page(of: SampleRun.snapshot())
        #expect(page.isLive && page.state == .working && page.done == 1 && page.planned == 20)
        #expect(page.tokens == 100 && page.results == 2 && page.bytesIn == 1_800_000 && page.bytesOut == 4_700_000)
        #expect(page.secondsPerRound == 1 && page.remainingSeconds == 19 && page.tokensPerSecond == 400)
        #expect(page.workers.map(\.state) == ["working", "silent"] && page.workers[0].progress == 0.456)
        #expect(page.workers.map(\.refused) == [0, 2] && page.refusedRecords == 3 && page.refusedWorkers == 1)
        #expect(page.loss == 2 && page.curves[0].rounds == [1] && page.rounds.count == 1)
    }

    @Test("adds it to what earlier processes have done; rounds that are done again count once")
    func resumed() throws {
        try SamplePage.run(3, in: store)
        try SamplePage.join(store, "gamma", SampleRun.id(3).description)
        let journal = try RunJournal(store.history, done: 2, minimumWorkers: 2)
        journal.add(SamplePage.figures(3), round: 3, at: SamplePage.start)
        let page = journal.page(of: SampleRun.snapshot())
        #expect(page.curves[0].rounds == [1, 2, 3] && page.rounds.map(\.number) == [1, 2, 3])
        #expect(page.done == 3 && page.tokens == 300 && page.results == 6 && page.bytesIn == 1_800_000 + 2_000)
        #expect(page.workers.map(\.name) == ["alpha", "beta", "gamma"] && page.workers[2].state == "away")
        #expect(page.workers[0].counted == 4 + 2 && page.workers[0].bytesIn == 1_200_000 + 1_000)
    }

    @Test("gathers workers between two rounds only where some are missing")
    func gathering() throws {
        var snapshot = RunSnapshot(status: SampleRun.status(), workers: SampleRun.snapshot().workers)
        let journal = try RunJournal(store.history, done: 0, minimumWorkers: 2)
        #expect(journal.page(of: snapshot).state == .gathering)
        snapshot.workers[1].state = .idle
        #expect(journal.page(of: snapshot).state == .working)
    }

    @Test("tells what the last round says of the budget")
    func budget() throws {
        let folder = try TemporaryFolder()
        let store = try SamplePage.store(in: folder, isPrivate: true)
        let journal = try RunJournal(store.history, done: 0, minimumWorkers: 2)
        #expect(journal.page(of: SampleRun.snapshot()).privacy?.epsilon == 0)
        var figures = SamplePage.figures(1)
        figures.values["epsilon"] = 1.25
        journal.add(figures, round: 1, at: SamplePage.start)
        #expect(journal.page(of: SampleRun.snapshot()).privacy?.epsilon == 1.25)
    }

    @Test("is sent when it has changed, and how the run ended at last")
    func feed() throws {
        let journal = try RunJournal(store.history, done: 0, minimumWorkers: 2)
        let feed = PageFeed { journal.page(of: SampleRun.snapshot()) }
        let first = feed.edition
        #expect(first.number == 1 && feed.edition == first)
        feed.close(as: .stopped)
        let last = feed.edition
        let page = try SamplePage.page(json: last.json)
        #expect(last.number == 2 && page.isOver && page.state == .stopped && feed.edition == last)
    }

    @Test("is sent to so many at once and no more")
    func readers() throws {
        let feed = PageFeed { [page = try RunPage(store.history, process: nil)] in page }
        var places = (0..<PageFeed.readerLimit).map { _ in PageFeed.Place(in: feed) }
        #expect(places.allSatisfy { $0 != nil } && PageFeed.Place(in: feed) == nil)
        places.removeLast()
        #expect(PageFeed.Place(in: feed) != nil)
    }
}
