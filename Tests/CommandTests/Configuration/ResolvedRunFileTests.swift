import Models
import Testing
import Training

@testable import lorad

@Suite("A resolved run file")
struct ResolvedRunFileTests {
    private func roundTrip(_ configuration: RunConfiguration) throws -> RunConfiguration {
        try RunFileFixture.parse(try RunFile.text(of: configuration))
    }

    @Test(
        "reads back as the same configuration",
        arguments: [
            RunFileFixture.complete, RunFileFixture.with("run: short"),
            RunFileFixture.with(
                "training: { learning_rates: { '.*\\.lora_B\\.weight': 1e-3, '.*': 5e-324 }, lanes: 2 }"),
        ])
    func roundTrips(yaml: String) throws {
        let configuration = try RunFileFixture.parse(yaml)
        #expect(try roundTrip(configuration) == configuration)
    }

    @Test(
        "keeps texts that look like something else",
        arguments: [
            "42", "true", "null", "~", "1e-4", "yes", "a: b", "# no comment", "- x", "", " padded ", "line\nbreak",
            "\"quoted\"", "it's", "[x]", "Größe 図", "\u{7}", "*alias", "&anchor", "!tag", "%", "@", "`",
        ])
    func awkwardTexts(text: String) throws {
        var configuration = try RunFileFixture.parse(RunFileFixture.complete)
        configuration.run = text
        configuration.data.validation = text
        configuration.adapter.tree = ["bias": .string(text), "modules_to_save": .array([.string(text)])]
        #expect(try roundTrip(configuration) == configuration)
    }

    @Test("holds every key of the sections that are given")
    func everyKey() throws {
        let text = try RunFile.text(of: try RunFileFixture.parse(RunFileFixture.with("run: r")))
        for field in TrainingArguments.fields { #expect(text.contains("  \(field.name): "), "\(field.name)") }
        for field in DataArguments.fields { #expect(text.contains("  \(field.name): "), "\(field.name)") }
        #expect(!text.contains("federation"))
    }

    @Test("is written so that it can be read from its path")
    func file() throws {
        let folder = try TemporaryFolder()
        let configuration = try RunFileFixture.parse(RunFileFixture.complete)
        try RunFile.write(configuration, to: "\(folder.path)/out/run.yaml")
        #expect(try RunFile.read(path: "\(folder.path)/out/run.yaml", checksDisk: false) == configuration)
    }
}
