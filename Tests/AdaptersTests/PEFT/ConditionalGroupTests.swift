import Testing

@testable import Adapters

@Suite("Conditional groups of regular expressions")
struct ConditionalGroupTests {
    @Test(
        "are refused by name, with what to write instead",
        arguments: ["(a)?(?(1)b|c)", "(?P<x>a)?(?(x)b)", "[a(?(]|(?(1)b)"])
    func refused(pattern: String) {
        let error = #expect(throws: AdapterError.self) { try PythonPattern(pattern, setting: "target_modules") }
        #expect(error?.code == .unsupported && error?.message.contains("conditional group") == true)
        #expect(error?.setting == "target_modules" && error?.message.contains("brackets and backslashes") == false)
    }

    @Test("are not seen in character classes and escapes", arguments: [#"[(?(]"#, #"\(?(a)"#])
    func others(pattern: String) throws { _ = try PythonPattern(pattern, setting: "target_modules") }
}
