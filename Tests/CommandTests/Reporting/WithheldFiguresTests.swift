import Foundation
import Models
import Testing
import Transports

@testable import Federation
@testable import lorad

/// What is told of a round under differential privacy, of workers that measured different things.
@Suite("Figures that differential privacy keeps back")
struct WithheldFiguresTests {
    private let alpha = SampleRun.alpha
    private let beta = SampleRun.beta
    /// What two neighbouring datasets may make of the same round; how many bytes come depends on how long it takes.
    private static let measured = [
        (ContributionMetrics(loss: 1, examples: 12, tokens: 345, seconds: 1.5), bytes: 1_000, progress: 0.25),
        (ContributionMetrics(loss: 9, examples: 7, tokens: 99_999, seconds: 60), bytes: 70_000, progress: 0.75),
    ]

    /// Everything that programs and people are told of a round.
    private func told(_ index: Int, isWithheld: Bool) throws -> [String] {
        let (metrics, bytes, progress) = Self.measured[index]
        let traffic = Traffic()
        for worker in [alpha, beta] {
            traffic.received(bytes, from: worker)
            traffic.sent(bytes, to: worker)
        }
        var status = SampleRun.status(unit: .round, isWithheld: isWithheld)
        var tally = RoundTally()
        let report = RoundReport(round: 0, loss: nil, contributions: 2, tokens: 0, values: ["epsilon": 1.5])
        let events: [CoordinatorEvent] = [
            .roundOpened(round: 0, tasks: 2), .counted(SampleRun.key(0), alpha, metrics),
            .counted(SampleRun.key(0), beta, metrics), .committed(report),
        ]
        for event in events {
            tally.take(event, at: .seconds(1))
            status.take(event, at: .seconds(1))
        }
        let closed = tally.close(report, rounds: 20, traffic: traffic.counts, at: .seconds(3))
        let figures = isWithheld ? closed.withheld : closed
        let wording = EventWording(status: status, names: [alpha: "alpha"], figures: figures)
        var member = SampleRun.member("alpha", alpha)
        (member.state, member.counted) = (.working, 1)
        // The coordinator's own job keeps these at zero under differential privacy.
        if !isWithheld { (member.progress, member.tokensPerSecond) = (progress, 345) }
        let snapshot = RunSnapshot(status, [member], traffic.counts)
        let style = ProgressStyle(isTerminal: true, usesColour: false, columns: 200, rows: 20)
        return [figures.json.text(), snapshot.metrics] + RunTable(snapshot: snapshot).lines(style)
            + events.flatMap { event -> [String] in
                let told = wording.announcement(of: event)
                return [told.text ?? "", told.json(at: SamplePage.start)]
            }
    }

    @Test("are in no event, table, metric or row of the store: neighbouring datasets are told of in the same bytes")
    func neighbours() throws {
        #expect(try told(0, isWithheld: true) == told(1, isWithheld: true))
        let all = zip(try told(0, isWithheld: false), try told(1, isWithheld: false))
        #expect(all.count { $0 != $1 } >= 6)
        let text = try told(0, isWithheld: true).joined(separator: "\n")
        #expect(text.contains("lorad_figures_withheld 1\n") && text.contains("epsilon 1.5 · 2 results"))
        for word in ["tokens", "bytes", "kB", "loss"] {
            #expect(!text.contains(word), "\(word) in \(text)")
        }
    }

    @Test("stay out of figures that are read back")
    func stored() {
        var figures = RoundFigures(loss: 1, tokens: 2, contributions: 3, rounds: 4, seconds: 5, bytesIn: 6, bytesOut: 7)
        figures.values = ["epsilon": 0.5]
        figures.workers = ["f": .init(counted: 1, late: 2, refused: 3, failed: 4, examples: 5, tokens: 6, seconds: 7)]
        let withheld = figures.withheld
        #expect(withheld.workers["f"] == .init(counted: 1, late: 2, refused: 3, failed: 4))
        #expect(withheld.loss == nil && withheld.tokens + withheld.bytesIn + withheld.bytesOut == 0)
        #expect(withheld.contributions == 3 && withheld.values == figures.values && withheld.seconds == 5)
        #expect(RoundFigures(json: withheld.json.text()) == withheld)
    }

    @Test("follow from the run file alone, as does the weight of an update")
    func disclosure() throws {
        func disclosure(_ noise: String, _ federation: String = "") throws -> Disclosure {
            let text = """
                model: { path: m }
                adapter: { r: 4 }
                training: { per_device_train_batch_size: 4, gradient_accumulation_steps: 2 }
                federation: { mode: federated, local_steps: 3\(federation) }
                privacy: { differential_privacy: { enabled: \(noise) } }
                """
            return try RunFile.parse(text, name: "test", checksDisk: false).disclosure
        }
        #expect(try disclosure("false") == .everything)
        #expect(try disclosure("true, noise_multiplier: 1") == .updatesOnly(examples: 1))
        #expect(try disclosure("true, unit: example, noise_multiplier: 1") == .updatesOnly(examples: 24))
        #expect(
            try disclosure("true, unit: person, noise_multiplier: 1", ", max_examples_weight: 10")
                == .updatesOnly(examples: 10))
    }
}
