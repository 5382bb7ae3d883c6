import Testing
import Training

@testable import lorad

@Suite("The run file's schema")
struct SchemaTests {
    private static let all = flattened(RunConfiguration.fields.map(\.description), under: "")

    private static func flattened(_ fields: [FieldDescription], under path: String) -> [(key: String, FieldDescription)]
    {
        fields.flatMap { field in
            [(key: path + field.name, field)] + flattened(field.nested, under: "\(path)\(field.name).")
        }
    }

    @Test("documents each key in one sentence and declares it once")
    func documented() {
        #expect(Set(Self.all.map(\.key)).count == Self.all.count)
        for (key, field) in Self.all {
            #expect(field.documentation.hasSuffix(".") && !field.documentation.contains("\n"), "\(key)")
            #expect(field.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(key)")
        }
    }

    @Test("knows transformers' defaults and what is required")
    func defaults() {
        let fields = Dictionary(uniqueKeysWithValues: Self.all.map { ($0.key, $0.1) })
        #expect(fields["training.learning_rate"]?.defaultText == "5.0e-05")
        #expect(fields["training.num_train_epochs"]?.defaultText == "3.0")
        #expect(fields["training.learning_rates"]?.defaultText == "{}")
        #expect(fields["training.save_total_limit"]?.defaultText == nil)
        #expect(fields["training.lanes"]?.defaultText == "auto")
        #expect(fields["training.max_steps"]?.requirement == "be -1, or from 1 to 1000000000")
        #expect(fields["model.precision"]?.expectation == "one of fp32, bf16")
        #expect(
            Self.all.filter(\.1.isRequired).map(\.key) == [
                "model", "model.path", "adapter", "data", "data.train", "privacy.secure_aggregation.enabled",
                "privacy.differential_privacy.enabled",
            ])
    }

    @Test("has every default fulfil its own constraint")
    func defaultsAreValid() throws {
        let written = try RunFile.text(of: try RunFileFixture.parse(RunFileFixture.with("privacy: {}\nfederation: {}")))
        #expect(RunFileFixture.problem(written) == nil)
    }
}
