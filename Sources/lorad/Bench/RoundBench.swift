import Foundation

/// Measures rounds: a coordinator and its workers as processes of their own, over loopback with encryption on.
struct RoundBench {
    /// What one combination of workers and updates came to.
    struct Cell: Codable {
        var workers: Int
        /// Bytes of an update's tensors.
        var updateBytes: Int
        var tensors: Int
        /// The median of the rounds after the first, and the first, in seconds.
        var secondsPerRound: Double
        var firstRound: Double
        /// Seconds until all workers had joined.
        var gathering: Double
        /// The coordinator's processor time for each update, in seconds.
        var processorSecondsPerUpdate: Double
        /// The coordinator's resident memory before workers came and at most, in bytes.
        var residentBefore: Int
        var peakResident: Int
        /// What went over the wire to and from all workers in the whole run, in bytes.
        var received: Int
        var sent: Int
    }

    let rounds: Int
    /// Whether updates are masked.
    var isMasked = false

    /// Runs one combination.
    ///
    /// - Parameter processes: how many processes the workers share.
    func measure(workers: Int, state: ToyState, processes: Int) throws -> Cell {
        let coordinator = try ChildProcess(
            [
                "bench", "coordinator", "--workers", "\(workers)", "--rounds", "\(rounds)", "--bytes",
                "\(state.byteCount)",
                "--tensors", "\(state.tensors)",
            ] + (isMasked ? ["--masked"] : []))
        let line = try coordinator.line()
        let children = try (0..<processes).map { index in
            let (first, end) = (workers * index / processes, workers * (index + 1) / processes)
            return try ChildProcess(["bench", "workers", "--join", line, "--first", "\(first)", "--end", "\(end)"])
        }
        let text = try coordinator.line()
        let measures = try JSONDecoder().decode(BenchCoordinator.Measures.self, from: Data(text.utf8))
        for child in children { try child.wait() }
        try coordinator.wait()
        return Cell(workers, state, measures)
    }
}

extension RoundBench.Cell {
    init(_ workers: Int, _ state: ToyState, _ measures: BenchCoordinator.Measures) {
        self.init(
            workers: workers, updateBytes: state.byteCount, tensors: state.tensors,
            secondsPerRound: measures.rounds.dropFirst().median, firstRound: measures.rounds.first ?? 0,
            gathering: measures.gathering,
            processorSecondsPerUpdate: measures.processorSeconds.median / Double(workers),
            residentBefore: measures.residentBefore, peakResident: measures.peakResident, received: measures.received,
            sent: measures.sent)
    }

    /// A line of the table.
    var text: String {
        let size = updateBytes < 1_000_000 ? "\(updateBytes / 1000) kB" : "\(updateBytes / 1_000_000) MB"
        return String(
            format:
                "%@ in %d tensors · %d workers: %.3f s per round (first %.3f s), coordinator %.0f MB (before: %.0f "
                + "MB), %.2f ms of CPU time per update, %.1f MB in, %.1f MB out",
            size, tensors, workers, secondsPerRound, firstRound, Double(peakResident) / 1e6,
            Double(residentBefore) / 1e6,
            processorSecondsPerUpdate * 1e3, Double(received) / 1e6, Double(sent) / 1e6)
    }
}
