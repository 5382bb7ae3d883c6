import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import lorad

/// Commands in code blocks of the documentation: `sh` is run from a copy of the repository's root, `sh example` needs
/// something large and is only parsed, `text` is a synopsis.
@Suite("Commands in the documentation", .ownThreads, .timeLimit(.minutes(10)))
struct DocumentedCommandsTests {
    /// A code block with commands.
    struct Block: CustomTestStringConvertible, Sendable {
        let file: String
        let line: Int
        let kind: String
        let text: String

        var testDescription: String { "\(file):\(line)" }
    }

    static let blocks: [Block] = {
        let root = TinyLlava.repository
        let pages = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/docs")) ?? []
        let files =
            ["README.md", "CONTRIBUTING.md"] + pages.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
        return files.flatMap { file in
            blocks(of: (try? String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)) ?? "", file)
        }
    }()

    private static func blocks(of text: String, _ file: String) -> [Block] {
        var found: [Block] = []
        var open: (line: Int, kind: String, lines: [Substring])?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    found.append(
                        Block(file: file, line: block.line, kind: block.kind, text: block.lines.joined(separator: "\n"))
                    )
                    open = nil
                } else {
                    open = (index + 1, String(line.dropFirst(3)), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        return found.filter { block in
            block.kind.hasPrefix("sh") || block.text.split(separator: "\n").contains { $0.hasPrefix("lorad ") }
        }
    }

    static let examples = blocks.filter { $0.kind == "sh example" }
    static let runnable = blocks.filter { $0.kind == "sh" }

    @Test("say whether they can be run as they are")
    func kinds() {
        #expect(Self.examples.count > 2 && Self.runnable.count > 1)
        for block in Self.blocks where !["sh", "sh example", "text"].contains(block.kind) {
            Issue.record(
                "\(block.testDescription): a block with commands is sh, sh example or text, not '\(block.kind)'")
        }
    }

    @Test("are commands that lorad has, with options that these have", arguments: examples)
    func parsing(_ block: Block) async throws {
        // The shell splits the lines; a NUL ends a word and a line feed after it a command.
        let shell = try LoradProcess(
            ["--version"], in: "/", after: "lorad() { printf '%s\\0' \"$@\"; printf '\\n\\0'; }\n\(block.text)\nexit")
        let commands = try await shell.outcome().output.split(separator: "\n\0")
        #expect(!commands.isEmpty)
        for command in commands {
            let words = command.split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
            #expect(throws: Never.self, "\(words)") { try Lorad.parseAsRoot(words) }
        }
    }

    @Test("work from the repository's root", arguments: runnable)
    func running(_ block: Block) async throws {
        let folder = try TemporaryFolder()
        for name in ["configs", "Tests", "docs"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.path)/\(name)", withDestinationPath: "\(TinyLlava.repository)/\(name)")
        }
        let outcome = try await LoradProcess(
            [], in: folder.path,
            after: "set -e; cd '\(folder.path)'; lorad() { '\(LoradProcess.binary.path)' \"$@\"; }\n\(block.text)\nexit"
        ).outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
