import Foundation
import Testing

@testable import Training

@Suite("The loss curve")
struct LossChartTests {
    private func record(_ step: Int, loss: Double? = nil, evalLoss: Double? = nil) -> LogRecord {
        var record = LogRecord(step: step, epoch: 0)
        record.loss = loss
        record.evalLoss = evalLoss
        return record
    }

    @Test("has a line for training and one for evaluation, and well-formed XML")
    func curves() throws {
        let svg = LossChart([
            record(1, loss: 4), record(2, loss: 2, evalLoss: 3), record(3, loss: 1), record(4, evalLoss: 1.5),
        ]).svg()
        #expect(svg.components(separatedBy: "<polyline").count == 3)
        #expect(svg.contains("train loss") && svg.contains("eval loss"))
        #expect(opened(svg) == closed(svg))
    }

    @Test("puts larger losses higher and later steps further right")
    func places() {
        let frame = ChartFrame(points: [(1, 4), (10, 1)], x: "step", y: "loss")
        let (first, last) = (frame.place((1, 4)), frame.place((10, 1)))
        #expect(first.x < last.x)
        #expect(first.y < last.y)
    }

    @Test("leaves out what is not finite, and is drawn without any loss at all")
    func notFinite() {
        let svg = LossChart([record(1, loss: .nan), record(2, loss: .infinity)]).svg()
        #expect(!svg.contains("nan") && !svg.contains("inf") && !svg.contains("<polyline"))
        #expect(!svg.contains("train loss"))
    }

    @Test("marks a single loss with a point")
    func single() {
        #expect(LossChart([record(5, loss: 2)]).svg().contains("<circle"))
    }

    @Test("stays small however long the run is, and keeps its peaks")
    func manyPoints() {
        let records = (1...200_000).map { step in
            record(step, loss: step == 155_555 ? 100 : 1, evalLoss: step.isMultiple(of: 2) ? 2 : nil)
        }
        let svg = LossChart(records).svg()
        #expect(svg.utf8.count < 100_000 && svg.components(separatedBy: "<polyline").count == 3)
        let peak = ChartFrame(points: [(1, 1), (200_000, 100)], x: "step", y: "loss").place((155_555, 100))
        #expect(svg.contains("\(peak.x),\(peak.y)"))
    }

    private static let extremes: [[Double]] = [
        [1.7e308, -1.7e308], [1.7e308], [1e300, 1e300], [.leastNonzeroMagnitude, 0], [1, 1.0.nextUp], [1e16, 1e16 + 2],
        [-1e10 * .leastNonzeroMagnitude],
    ]

    @Test("bears the largest and the smallest numbers there are", arguments: extremes)
    func extreme(losses: [Double]) {
        let svg = LossChart(losses.enumerated().map { record($0.offset + 1, loss: $0.element) }).svg()
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        let ticks = AxisTicks(holding: losses, count: 6)
        #expect((2...14).contains(ticks.values.count) && ticks.values.allSatisfy(\.isFinite))
        for loss in losses { #expect((-1e-9...1 + 1e-9).contains(ticks.share(of: loss))) }
    }

    @Test(
        "has round numbers on its axes that hold all values",
        arguments: [
            ([0.0, 10.0], 5, ["0", "2", "4", "6", "8", "10"]),
            ([0.113, 0.487], 4, ["0.1", "0.2", "0.3", "0.4", "0.5"]),
            ([1, 1000], 5, ["0", "200", "400", "600", "800", "1000"]),
            ([2.0, 2.0], 2, ["2", "3"]),
            ([0.001, 0.0031], 3, ["0.001", "0.002", "0.003", "0.004"]),
        ])
    func ticks(data: [Double], count: Int, labels: [String]) {
        let ticks = AxisTicks(holding: data, count: count)
        #expect(ticks.values.map(ticks.label) == labels)
        for value in data { #expect((-1e-9...1 + 1e-9).contains(ticks.share(of: value))) }
    }

    private func opened(_ svg: String) -> Int { svg.matches(of: /<[a-z]/).count }
    private func closed(_ svg: String) -> Int { svg.matches(of: /<\/|\/>/).count }
}

@Suite("The reports of a run")
struct RunReportsTests {
    @Test("grow together, and go on where a run resumes")
    func resume() throws {
        let folder = try TemporaryFolder()
        let first = try RunReports(folder: folder.path)
        for step in 1...4 {
            var record = LogRecord(step: step, epoch: 0)
            record.loss = Double(step)
            try first.add(record)
        }
        let second = try RunReports(folder: folder.path, resumingFromStep: 2)
        var record = LogRecord(step: 3, epoch: 0)
        record.loss = 9
        try second.add(record)
        let log = TrainerLog(path: "\(folder.path)/trainer_log.jsonl")
        #expect(try log.records().compactMap(\.loss) == [1, 2, 9])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/runs").count == 2)
        #expect(try String(contentsOfFile: "\(folder.path)/loss.svg", encoding: .utf8).contains("<polyline"))
    }

    @Test("draw the curve at most every few seconds, after an evaluation, and at the end")
    func drawing() throws {
        let folder = try TemporaryFolder()
        let chart = "\(folder.path)/loss.svg"
        var now = 1e9
        var reports: RunReports? = try RunReports(folder: folder.path, clock: { now })
        /// Whether a record makes the reports draw.
        func draws(_ step: Int, evalLoss: Double? = nil) throws -> Bool {
            try? FileManager.default.removeItem(atPath: chart)
            var record = LogRecord(step: step, epoch: 0)
            (record.loss, record.evalLoss) = (1, evalLoss)
            try reports?.add(record)
            return FileManager.default.fileExists(atPath: chart)
        }
        #expect(try draws(1))
        #expect(try !draws(2))
        #expect(try draws(3, evalLoss: 2))
        now += 6
        #expect(try draws(4))
        #expect(try !draws(5))
        reports = nil
        #expect(FileManager.default.fileExists(atPath: chart))
    }
}
