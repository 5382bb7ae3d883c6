import Models
import Testing

@testable import Adapters

@Suite("The limit of a pattern's work")
struct PatternLimitTests {
    private static let name = "model.language_model.layers.11.self_attn.q_proj"

    @Test(
        "ends a pattern that could be tried in more ways than can be counted, and the error says which, where and what to write",
        arguments: ["([a-z_.0-9]+)+!", "(.*)*!", "(a|.|..)*!", "(?=([a-z_.0-9]+)+!).*", #"(\w+\.?)*!"#])
    func endless(_ pattern: String) throws {
        let compiled = try PythonPattern(pattern, setting: "target_modules")
        for match in [compiled.matchesWhole, compiled.matchesPrefix] {
            let error = #expect(throws: AdapterError.self) { try match(Self.name) }
            #expect(error?.code == .invalidConfiguration && error?.setting == "target_modules")
            #expect(
                error?.message.hasPrefix(
                    "target_modules: the regular expression \"\(pattern)\" takes too long to match the name "
                        + "\"\(Self.name)\": a repetition inside a repetition") == true)
            #expect(error?.message.contains("`a+` instead of `(a+)+`") == true)
        }
        #expect(throws: AdapterError.self) { try compiled.lastCapture(in: Self.name) }
    }

    @Test("refuses what needs more memory than the engine allows itself, which it would take for no match")
    func memory() throws {
        let pattern = try PythonPattern("(?:(.|a)*)", setting: "target_modules")
        #expect(throws: AdapterError.self) { try pattern.matchesWhole(String(repeating: "a", count: 1_000_000)) }
    }

    @Test(
        "leaves alone what ends, also slowly",
        arguments: [
            (".*.*.*.*!", false), (".*.*.*.*j", true), (#"(?:[a-z_0-9]+\.)+q_proj"#, true),
            (#"(?:[a-z_0-9]+\.)+k_proj"#, false),
            (String(repeating: "(?:.*)", count: 50), true),
        ])
    func ends(_ pattern: String, _ isMatched: Bool) throws {
        #expect(try PythonPattern(pattern, setting: "s").matchesWhole(Self.name) == isMatched)
    }

    @Test("bounds what all patterns of a list take together")
    func together() throws {
        // About 33 reports each.
        let allowance = LimitedExpression.Allowance(reports: 80)
        let patterns = try (0..<3).map { _ in
            try PythonPattern(".*.*.*.*!", setting: "rank_pattern", written: "slow", allowance: allowance)
        }
        for pattern in patterns.dropLast() { #expect(try !pattern.matchesPrefix(Self.name)) }
        let error = #expect(throws: AdapterError.self) { try patterns[2].matchesPrefix(Self.name) }
        #expect(error?.message.hasPrefix("rank_pattern: the regular expression \"slow\" takes too long") == true)
    }

    /// Settings with a pattern that never ends, and how the error begins.
    static let settings = [
        (#""target_modules": "([a-z_.0-9]+)+!""#, #"target_modules: the regular expression "([a-z_.0-9]+)+!" takes"#),
        (
            #""target_modules": ["q_proj"], "exclude_modules": "([a-z_.0-9]+)+!""#,
            #"exclude_modules: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
        (
            #""target_modules": ["q_proj"], "modules_to_save": ["([a-z_.0-9]+)+!"]"#,
            #"modules_to_save: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
        (
            #""target_modules": ["q_proj"], "rank_pattern": {"([a-z_.0-9]+)+!": 4}"#,
            #"rank_pattern: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
        (
            #""target_modules": ["q_proj"], "alpha_pattern": {"([a-z_.0-9]+)+!": 4}"#,
            #"alpha_pattern: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
        (
            #""target_modules": ["q_proj"], "layers_to_transform": [0], "layers_pattern": "([a-z_.0-9]+)+!""#,
            #"layers_pattern: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
        (
            #""peft_type": "IA3", "target_modules": ".*q_proj", "feedforward_modules": "([a-z_.0-9]+)+!""#,
            #"feedforward_modules: the regular expression "([a-z_.0-9]+)+!" takes"#
        ),
    ]

    @Test("holds for every setting that has patterns", arguments: settings)
    func everywhere(_ json: String, _ expected: String) {
        let found = message { _ = try plan("{\(json)}") }
        #expect(found.hasPrefix(expected), "\(found)")
    }

    @Test("is also one of length")
    func length() throws {
        let longest = String(repeating: "a", count: PythonPattern.longest)
        _ = try PythonPattern(longest, setting: "s")
        let found = message { _ = try configuration(#"{"target_modules": "a\#(longest)"}"#) }
        #expect(
            found.hasPrefix(
                "adapter: target_modules: the regular expression \"\(longest.prefix(200))…\" has 16385 bytes"),
            "\(found)")
        // Braces and digits were once read again and again.
        for text in ["{" + String(repeating: "1", count: 16_000), String(repeating: "{1", count: 8_000)] {
            #expect(try PythonPattern(text, setting: "s").matchesWhole(text))
        }
    }

    @Test("holds for paths of parameters, whose patterns know set operations")
    func paths() throws {
        #expect(try PathPattern("[a-z&&[^b]]+", setting: "s").matchesWhole("ac"))
        #expect(try !PathPattern("[a-z&&[^b]]+", setting: "s").matchesWhole("ab"))
        #expect(try PathPattern(#"(?P<a_b>q[]\]]).*"#, setting: "s").matchesWhole("q]x"))
        let found = message { _ = try PathPattern("(.*)*!", setting: "learning_rates").matchesWhole(Self.name) }
        #expect(found.hasPrefix(#"learning_rates: the regular expression "(.*)*!" takes too long"#), "\(found)")
    }
}
