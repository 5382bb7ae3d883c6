import Foundation
import TestSupport
import Testing

@Suite("Advice in errors", .ownThreads, .timeLimit(.minutes(10)))
struct OptionAdviceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("eval and generate name their own options, never a run file's keys")
    func advice() async throws {
        let common = ["eval", "--model", TinyLlava.model, "--images", TinyLlava.pictures]
        let long = try await LoradProcess(
            common + ["--data", TinyLlava.data("val"), "--max-length", "8"], in: TinyLlava.repository
        ).outcome()
        #expect(long.status == 1 && long.errors.contains("more than --max-length 8: raise it, or skip such examples"))
        let unknown = try folder.write("nothing known", to: "data/x.bin")
        let format = try await LoradProcess(
            common + ["--data", URL(filePath: unknown).deletingLastPathComponent().path], in: TinyLlava.repository
        ).outcome()
        #expect(format.status == 1 && format.errors.contains("give --format"))
        let model = "\(folder.path)/model"
        try FileManager.default.copyItem(atPath: TinyLlava.model, toPath: model)
        try Data("{{ messages }}".utf8).write(to: URL(filePath: "\(model)/chat_template.jinja"))
        for command in [["eval", "--data", TinyLlava.data("val")], ["generate", "--prompt", "What?"]] {
            let template = try await LoradProcess(command + ["--model", model], in: TinyLlava.repository).outcome()
            #expect(template.status == 1 && template.errors.contains("give --template one of"), "\(template.errors)")
        }
        for outcome in [long, format] {
            #expect(
                !outcome.errors.contains(/\b(data\.(max_length|on_long|format|template)|training\.)/),
                "\(outcome.errors)")
        }
    }

    @Test("inspect names the option that selects nothing")
    func inspect() async throws {
        for option in ["--target", "--pattern"] {
            let outcome = try await LoradProcess(
                ["inspect", TinyLlava.model, option, "nope"], in: TinyLlava.repository
            ).outcome()
            #expect(outcome.status == 1 && outcome.errors.contains("\(option) matches no module"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("target_modules"))
        }
    }
}
