import Foundation
import TestSupport
import Testing

@Suite("The command line", .ownThreads, .timeLimit(.minutes(10)))
struct UsageTests {
    static let misuses = [
        ["train"], ["train", "--config", "run.yaml", "--resume", "--overwrite"], ["fly"],
        ["train", "--config", "run.yaml", "--auto-resume", "--overwrite"],
        ["eval", "--model", "m"], ["eval", "--model", "m", "--data", "d", "--lanes", "0"],
        ["eval", "--model", "m", "--data", "d", "--precision", "fp7"], ["inspect"],
        ["inspect", "m", "--target", "a", "--pattern", "b"], ["inspect", "m", "--rank", "0"],
        ["coordinator", "--config", "c", "--token-hours", "0"], ["coordinator", "--config", "c", "--keep-serving"],
        ["worker", "--join", "j", "--lanes", "0"],
        ["worker", "--join", "j", "--threshold", "0.5"], ["worker", "--join", "j", "--delta", "1"],
        ["worker"], ["worker", "--join", "j", "--join-file", "f"], ["config", "schema", "--json", "--markdown"],
        ["recommend", "--task", "cooking", "--examples", "1", "--model", "m"],
        ["recommend", "--task", "vqa", "--examples", "0", "--model", "m"],
        ["worker", "--join", "j", "--cache-size", "1e300"], ["runs", "show"], ["runs", "revoke", "r"],
        ["runs", "pause"], ["runs", "pause", "r", "--token-file", "f"],
        ["runs", "pause", "r", "--url", "http://h:1", "--state", "s"], ["runs", "extend", "r", "--by", "0s"],
        ["runs", "extend", "r", "--by", "never"],
        ["runs", "join-token", "r", "--uses", "0"], ["runs", "token", "--role", "all", "--name", "n"],
        ["runs", "token", "--role", "look", "--name", "n", "--expires", "soon"], ["runs", "export", "r"],
        ["runs", "verify"],
        ["runs", "show", "r", "--json", "--config"], ["runs", "show", "r", "--last", "-1"],
        ["generate", "--model", "m"], ["generate", "--model", "m", "--prompt", "p", "--merge"],
        ["eval", "--model", "m", "--data", "d", "--predictions", "p"],
        ["eval", "--model", "m", "--data", "d", "--generate", "--max-new-tokens", "0"],
        ["merge", "--model", "m", "--adapter", "a"], ["score"],
        ["merge", "--model", "m", "--adapter", "a", "--output", "o", "--max-shard-size", "5TB"],
        ["merge", "--model", "m", "--adapter", "a", "--output", "o", "--dtype", "int8"],
    ]

    @Test("called wrongly, explains itself and exits with 2", arguments: misuses)
    func misuse(arguments: [String]) async throws {
        let outcome = try await LoradProcess(arguments, in: TinyLlava.repository).outcome()
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("Usage: lorad"))
        #expect(outcome.output.isEmpty)
    }

    @Test(
        "shows an example in the help of each command",
        arguments: [
            "train", "coordinator", "worker", "runs", "eval", "generate", "score", "merge", "inspect", "config",
            "recommend",
            "doctor",
        ])
    func help(command: String) async throws {
        let outcome = try await lorad(command, "--help")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("Example"))
        #expect(outcome.output.contains("\n  lorad \(command) "))
        let overview = try await lorad("--help")
        #expect(overview.output.contains("\n  \(command) "))
    }

    @Test("takes a join line from a file as it takes it from an argument")
    func joinFile() async throws {
        let folder = try TemporaryFolder()
        let line = "tcp://127.0.0.1:1"
        try folder.write(line + "\n", to: "join")
        let given = try await lorad("worker", "--join", line, "--state", folder.path, in: folder.path)
        let read = try await lorad("worker", "--join-file", "join", "--state", folder.path, in: folder.path)
        #expect(given.status == 1 && given.errors.contains("key=") && read.errors == given.errors)
        let missing = try await lorad("worker", "--join-file", "none", in: folder.path)
        #expect(missing.status == 1 && missing.errors.contains("none: no such file"))
    }

    @Test("names the version and the libraries")
    func version() async throws {
        let outcome = try await lorad("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("lorad "))
        #expect(outcome.output.contains("oneDNN ") && outcome.output.contains("OpenBLAS "))
        #if os(Linux)
            let files = ["libturbojpeg.so", "libnanomsg.so"]
        #else
            let files: [String] = []
        #endif
        for library in ["Swift ", "libpng ", "libwebp ", "SQLite ", "OpenSSL "] + files {
            #expect(outcome.output.contains(library), "\(library)")
        }
    }
}
