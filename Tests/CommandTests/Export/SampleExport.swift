import Federation
import Foundation
import Models
import Transports

@testable import lorad

/// A run in a store, as a coordinator leaves it, to be exported.
struct SampleExport {
    let folder: TemporaryFolder
    /// Steps that are done.
    let steps: Int

    /// What must never leave.
    let secrets: [String]

    var path: String { "\(folder.path)/run.tar" }
    var runFolder: URL { URL(filePath: "\(folder.path)/runs/run") }

    /// - Parameters:
    ///   - steps: steps that are done.
    ///   - isFinished: whether an adapter was written for them.
    ///   - isWithheld: whether differential privacy keeps figures back.
    init(steps: Int = 3, isFinished: Bool = true, isWithheld: Bool = false) throws {
        (folder, self.steps) = (try TemporaryFolder(), steps)
        let store = try RunStore(
            folder: "\(folder.path)/runs", run: "run", mode: "distributed", configuration: "run: run\n",
            now: Date(timeIntervalSince1970: 1_700_000_000))
        let admission = try Admission(
            folder: URL(filePath: "\(folder.path)/runs/run"), listed: nil, rules: .init(lifetime: 60, uses: nil))
        let key = try String(contentsOfFile: "\(folder.path)/runs/run/keys/coordinator.key", encoding: .utf8)
        secrets = [
            admission.token.text, String(key.split(separator: " ").last?.prefix(20) ?? ""),
            admission.token.digest.base64EncodedString(),
        ]
        for step in 0..<steps {
            var figures = RoundFigures(loss: 2 / Double(step + 1), tokens: 100, contributions: 1, rounds: steps)
            figures.isWithheld = isWithheld
            let time = Date(timeIntervalSince1970: 1_700_000_001 + Double(step))
            try store.record(StepRecord(step: step, time: time, metrics: figures.json.text()))
        }
        try store.setState(isFinished ? .finished : .stopped)
        guard isFinished else { return }
        try folder.write("{\"r\": 4}", to: "out/adapter_config.json")
        try folder.write(Data((0..<5_000).map { UInt8(truncatingIfNeeded: $0) }), to: "out/adapter_model.safetensors")
        try folder.write("{\"step\": 1, \"loss\": 2.0}\n", to: "out/trainer_log.jsonl")
        try folder.write("{\"token\": \"a stray file\"}", to: "out/notes.json")
        let record = try AdapterRecord(rounds: steps, folder: URL(filePath: "\(folder.path)/out"))
        try store.append(record.entry(at: Date(timeIntervalSince1970: 1_700_000_100)))
    }

    /// Opens it for exporting.
    func open() throws -> RunExport {
        let history = try RunCatalog(folder: "\(folder.path)/runs").history(of: "run")
        return try RunExport(history, folder: runFolder)
    }

    /// Writes the archive, and gives its bytes.
    @discardableResult
    func write() throws -> Data {
        _ = try open().write(to: path)
        return try Data(contentsOf: URL(filePath: path))
    }

    /// What `lorad runs verify` finds wrong with the archive as it is now; empty if it is in order.
    func problem(signer: String? = nil) -> String {
        do {
            _ = try ExportVerification(path: path, signer: signer)
            return ""
        } catch {
            return "\(error)"
        }
    }
}
