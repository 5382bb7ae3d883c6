import Foundation
import TestSupport
import Testing

@testable import lorad

@Suite("Manual pages", .ownThreads, .timeLimit(.minutes(10)))
struct ManualPageTests {
    @Test("are written for every command that is shown, with its options and its example")
    func pages() async throws {
        let root = try CommandDescription(dump: try await lorad("--experimental-dump-help").output)
        let pages = ManualPage.all(of: root)
        let names = pages.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(names).isSuperset(of: ["lorad", "lorad-train", "lorad-runs-list", "lorad-config-check"]))
        #expect(!names.contains("lorad-manual") && !names.contains { $0.hasSuffix("-help") })
        for page in pages {
            #expect(page.text.hasPrefix(".TH ") && page.text.contains("\n.SH NAME\n"))
            #expect(!page.text.contains("\n\n"), "\(page.name): an empty line is a space in roff")
        }
        let train = try #require(pages.first { $0.name == "lorad-train" }).text
        #expect(train.contains(#"\fB\-\-config\fR \fIconfig\fR"#))
        #expect(train.contains("\n.nf\nlorad train \\-\\-config configs/tiny\\-vqa.yaml"))
        #expect(train.contains(#"\fBlorad\-coordinator\fR(1)"#))
    }

    @Test("hold nothing that roff would take for a request")
    func escapes() throws {
        let dump = #"{"command": {"commandName": "x", "abstract": ".so a\\b.", "discussion": "  'quoted\n-y"}}"#
        let text = ManualPage(command: try CommandDescription(dump: dump), related: []).text
        #expect(text.contains("\n\\&.so a\\eb.\n") && text.contains("\n\\&'quoted\n") && text.contains("\n\\-y\n"))
    }

    @Test("are formatted by groff without a warning, where there is one")
    func groff() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
        let folder = try TemporaryFolder()
        let outcome = try await lorad("manual", "--output", folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/groff")
        process.arguments = ["-man", "-k", "-Tutf8", "-ww", "-z"] + files.map { "\(folder.path)/\($0)" }
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(files.count > 20 && text.isEmpty, "\(text)")
    }
}
