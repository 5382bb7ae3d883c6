import Federation
import Foundation
import Transports

/// A coordinator without a model, in a process of its own so that its memory can be told: prints a join line, then a
/// line of JSON with what was measured.
struct BenchCoordinator {
    /// What it measured.
    struct Measures: Codable {
        /// Seconds until all workers had joined.
        var gathering: Double
        /// Seconds of each round.
        var rounds: [Double]
        /// Processor time of each round but the first, in seconds.
        var processorSeconds: [Double]
        /// Resident memory before any worker came, and at most, in bytes.
        var residentBefore: Int
        var peakResident: Int
        /// Bytes that came in and went out, encryption and handshakes included.
        var received: Int
        var sent: Int
    }

    let workers: Int
    let rounds: Int
    let state: ToyState
    /// Whether updates are masked.
    var isMasked = false

    func run() throws {
        let before = ProcessMeasures.peakResident
        let (clock, identity) = (RoundClock(), IdentityKey())
        let server = try CoordinatorServer(
            try job(), options: try options(identity), shelf: BlobShelf(),
            observer: .init(happened: { event in
                switch event {
                case .roundOpened(round: 0, _), .committed: clock.mark()
                case .refused(_, _, let reason), .taskFailed(_, _, let reason): Self.complain(reason)
                default: break
                }
            })
        ) { _ throws(Refusal) in Data() }
        let line = JoinLine(
            address: server.endpoint.description, coordinator: .pinned(identity.publicIdentity), token: nil)
        try Self.say(Data(line.text.utf8))
        try server.run()
        let counts = server.traffic.counts
        try Self.say(
            JSONEncoder().encode(
                Measures(
                    gathering: clock.gathering, rounds: clock.rounds, processorSeconds: clock.processorSeconds,
                    residentBefore: before, peakResident: ProcessMeasures.peakResident, received: counts.received,
                    sent: counts.sent)))
    }

    private func job() throws -> AveragingJob {
        let initial = state.make()
        var settings = AveragingSettings(
            rounds: rounds, participation: .sampled(share: 1, minimum: workers), minimumWorkers: workers, seed: 7,
            largestWeight: 100)
        if isMasked {
            settings.masking = MaskingSettings(run: "bench")
            settings.masking?.basis = RunBasis(configuration: "", files: []).digest
        }
        return try AveragingJob(
            AveragingJob.State(trained: initial), layout: FactorLayout(finding: initial) { _ in 16 },
            settings: settings, aggregator: try Aggregators.named("mean"),
            optimizer: try ServerOptimizers.named("none"),
            work: { _ in WorkOrder(work: Data()) })
    }

    private func options(_ identity: IdentityKey) throws -> CoordinatorOptions {
        CoordinatorOptions(
            endpoint: try Endpoint("tcp://127.0.0.1:0"), security: .encrypted(identity), run: "bench",
            updateLimit: state.byteCount + state.tensors * 512 + 1 << 20)
    }

    private static func say(_ line: Data) throws {
        try FileHandle.standardOutput.write(contentsOf: line + Data("\n".utf8))
    }

    private static func complain(_ reason: String) {
        FileHandle.standardError.tell("lorad bench: \(reason)\n")
    }
}
