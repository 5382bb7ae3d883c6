import Foundation

/// `lorad bench federation`, step by step.
struct FederationBench {
    /// What was measured.
    struct Report: Codable {
        var cells: [RoundBench.Cell] = []
        var simulated: RoundBench.Cell?
        var aggregation: [AggregationBench.Result] = []
    }

    let workers: [Int]
    /// Megabytes.
    let sizes: [Int]
    let tensors: [Int]
    let rounds: Int
    let simulated: Int
    let kernels: Bool

    /// Bytes of a simulated worker's update.
    private static let simulatedUpdate = 40_000
    /// Most workers in one process: a process has 512 sockets, and a worker needs up to five.
    private static let workersPerProcess = 100

    /// Measures everything; `say` receives a line for each result.
    func report(_ say: (String) -> Void) throws -> Report {
        var report = Report()
        let bench = RoundBench(rounds: rounds)
        for (size, count, workers) in combinations {
            let state = ToyState(byteCount: size * 1_000_000, tensors: count)
            let cell = try bench.measure(workers: workers, state: state, processes: workers)
            say(cell.text)
            report.cells.append(cell)
        }
        if simulated > 0 {
            let processes = (simulated + Self.workersPerProcess - 1) / Self.workersPerProcess
            let state = ToyState(byteCount: Self.simulatedUpdate, tensors: 1)
            let cell = try bench.measure(workers: simulated, state: state, processes: processes)
            say(cell.text + String(format: ", %.0f updates per second", Double(simulated) / cell.secondsPerRound))
            report.simulated = cell
        }
        guard kernels else { return report }
        report.aggregation = try AggregationBench().results()
        for result in report.aggregation { say(String(format: "%@: %.3f s", result.name, result.seconds)) }
        return report
    }

    private var combinations: [(size: Int, tensors: Int, workers: Int)] {
        sizes.flatMap { size in tensors.flatMap { count in workers.map { (size, count, $0) } } }
    }
}
