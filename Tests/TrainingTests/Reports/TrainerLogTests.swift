import Foundation
import Testing
import Training

@Suite("trainer_log.jsonl")
struct TrainerLogTests {
    private let folder: TemporaryFolder
    private let log: TrainerLog

    init() throws {
        folder = try TemporaryFolder()
        log = TrainerLog(path: "\(folder.path)/out/trainer_log.jsonl")
    }

    private func record(_ step: Int, loss: Double? = nil) -> LogRecord {
        var record = LogRecord(step: step, epoch: Double(step) / 10)
        record.loss = loss
        return record
    }

    @Test("holds one object a record, with the names that the field knows")
    func line() throws {
        var record = record(3, loss: 1.25)
        record.learningRate = 2e-4
        record.gradNorm = 0.5
        record.supervisedTokens = 120
        record.tokensPerSecond = 81.5
        record.evalLoss = 2
        record.evalSupervisedTokens = 7
        record.evalExactMatch = 0.25
        try log.append(record)
        try log.append(self.record(4))
        #expect(
            try String(contentsOfFile: log.path, encoding: .utf8) == """
                {"step": 3, "epoch": 0.3, "loss": 1.25, "learning_rate": 0.0002, "grad_norm": 0.5, \
                "supervised_tokens": 120, "tokens_per_second": 81.5, "eval_loss": 2, "eval_supervised_tokens": 7, \
                "eval_exact_match": 0.25}
                {"step": 4, "epoch": 0.4}

                """)
        #expect(try log.records() == [record, self.record(4)])
    }

    @Test("writes null for what is not finite")
    func notFinite() throws {
        try log.append(record(1, loss: .nan))
        #expect(
            try String(contentsOfFile: log.path, encoding: .utf8) == "{\"step\": 1, \"epoch\": 0.1, \"loss\": null}\n")
        #expect(try log.records() == [record(1)])
    }

    @Test("takes back what came after the step that a run resumes from")
    func rewinds() throws {
        for step in 1...5 { try log.append(record(step)) }
        #expect(try log.rewind(toStep: 3).map(\.step) == [1, 2, 3])
        try log.append(record(4))
        #expect(try log.records().map(\.step) == [1, 2, 3, 4])
    }

    @Test("keeps what a run was resumed with, unless the run resumes from that very step again")
    func changes() throws {
        let setting = TrainingRecord.Setting("training.seed", "7")
        var resumed = LogRecord(step: 2, epoch: 0.2)
        resumed.resumedWith = [TrainingRecord.Change(of: setting, from: "42")]
        for record in [record(1), record(2, loss: 1), resumed, record(3)] { try log.append(record) }
        #expect(try log.records()[2] == resumed)
        #expect(try log.rewind(toStep: 3).count == 4)
        #expect(try log.rewind(toStep: 2) == [record(1), record(2, loss: 1)])
    }

    @Test("survives a line that a crash cut short")
    func tornLine() throws {
        try log.append(record(1))
        let whole = try #require(FileManager.default.contents(atPath: log.path))
        try folder.write(whole + Data("{\"step\": 2, \"ep".utf8), to: "out/trainer_log.jsonl")
        #expect(try log.rewind(toStep: 9).map(\.step) == [1])
        #expect(FileManager.default.contents(atPath: log.path) == whole)
    }

    @Test("says which of its lines is no record")
    func wrongLine() throws {
        try folder.write("{\"step\": 1, \"epoch\": 1}\nnonsense\n", to: "out/trainer_log.jsonl")
        let message = errorMessage { try log.records() }
        #expect(message?.hasPrefix("\(log.path):2: not a log record") == true)
    }

    @Test("is not written anew where it is there and cannot be read")
    func unreadable() throws {
        try folder.write("", to: "out/other")
        try FileManager.default.createSymbolicLink(atPath: log.path, withDestinationPath: "\(folder.path)/nowhere")
        #expect(errorMessage { try log.rewind(toStep: 1) }?.hasPrefix("\(log.path) cannot be read: ") == true)
        #expect(throws: (any Error).self) { try log.records() }
    }
}
