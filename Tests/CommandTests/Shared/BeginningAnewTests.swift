import Federation
import Foundation
import Testing
import Transports

@testable import lorad

@Suite("A coordinator that begins a run anew")
struct BeginningAnewTests {
    @Test("deletes nothing of the earlier run where the new one cannot be opened")
    func invalid() throws {
        let folder = try TemporaryFolder()
        let log = try folder.write("{}\n", to: "out/trainer_log.jsonl")
        let checkpoint = try folder.write("weights", to: "out/checkpoints/step-3/adapter_model.safetensors")
        let text = """
            run: again
            model: { path: \(folder.path)/no-model }
            adapter: { r: 4 }
            data: { train: rows.json }
            training: { output_dir: \(folder.path)/out }
            """
        let configuration = try RunFile.parse(text, name: "run.yaml", checksDisk: false)
        let state = StateFolder("\(folder.path)/state")
        try withExtendedLifetime(
            try RunStore(
                folder: state.runs.path, run: "again", mode: "distributed", configuration: "earlier", now: Date())
        ) { store in
            try store.setState(.finished)
            try store.record(StepRecord(step: 3, time: Date(), metrics: "{}"))
        }
        #expect(throws: (any Error).self) {
            _ = try CoordinatorRun(
                configuration, state: state, access: .init(endpoint: try Endpoint("tcp://127.0.0.1:0")),
                overwrite: true, skipsBadRows: false, say: { _ in })
        }
        for file in [log, checkpoint] { #expect(FileManager.default.fileExists(atPath: file)) }
        let history = try RunCatalog(folder: state.runs.path).history(of: "again")
        #expect(try history.run().state == .finished && history.run().configuration == "earlier")
        #expect(try history.steps().map(\.step) == [3])
    }
}
