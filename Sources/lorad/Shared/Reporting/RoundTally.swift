import Federation
import Transports

/// Counts what happens while a round is open, until the round is done.
struct RoundTally: Sendable {
    private var shares: [WorkerID: RoundFigures.Share] = [:]
    private var opened: Duration?
    /// What had gone over the wire when the round before was done.
    private var before = Traffic.Totals()

    /// Records an event.
    mutating func take(_ event: CoordinatorEvent, at now: Duration) {
        switch event {
        case .roundOpened: opened = now
        case .counted(_, let worker, let metrics): count(metrics, worker)
        case .late(_, let worker): shares[worker, default: .init()].late += 1
        case .refused(_, let worker, _): shares[worker, default: .init()].refused += 1
        case .taskFailed(_, let worker, _): shares[worker, default: .init()].failed += 1
        default: break
        }
    }

    private mutating func count(_ metrics: ContributionMetrics, _ worker: WorkerID) {
        shares[worker, default: .init()] += RoundFigures.Share(
            counted: 1, examples: metrics.examples, tokens: metrics.tokens, seconds: metrics.seconds)
    }

    /// The round's figures; counting begins again.
    mutating func close(_ report: RoundReport, rounds: Int, traffic: Traffic.Counts?, at now: Duration) -> RoundFigures
    {
        let totals = traffic.map { Traffic.Totals($0) } ?? before
        var figures = RoundFigures(
            loss: report.loss, tokens: report.tokens, contributions: report.contributions, rounds: rounds)
        figures.seconds = opened.map { (now - $0) / .seconds(1) } ?? 0
        figures.bytesIn = totals.all.received - before.all.received
        figures.bytesOut = totals.all.sent - before.all.sent
        figures.values = report.values.filter { $0.value.isFinite }
        for (worker, bytes) in totals.workers {
            let old = before.workers[worker] ?? .init()
            guard bytes != old || shares[worker] != nil else { continue }
            shares[worker, default: .init()].bytesIn = bytes.received - old.received
            shares[worker, default: .init()].bytesOut = bytes.sent - old.sent
        }
        figures.workers = Dictionary(uniqueKeysWithValues: shares.map { ($0.key.description, $0.value) })
        self = RoundTally(before: totals)
        return figures
    }

    init() {}

    private init(before: Traffic.Totals) { self.before = before }
}

extension Traffic {
    /// Bytes both ways, in all and for each worker.
    struct Totals: Sendable {
        struct Bytes: Equatable, Sendable {
            var received = 0
            var sent = 0
        }

        var all = Bytes()
        var workers: [WorkerID: Bytes] = [:]

        init() {}

        init(_ counts: Counts) {
            all = Bytes(received: counts.received, sent: counts.sent)
            workers = counts.workers.mapValues { Bytes(received: $0.received, sent: $0.sent) }
        }
    }
}
