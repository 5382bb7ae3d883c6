import Foundation
import Models
import TestSupport
import Testing

@testable import lorad

@Suite("A coordinator that people look at and act on", .ownThreads, .timeLimit(.minutes(10)))
struct ManagedRunTests {
    /// Makes a token as somebody who sets a coordinator up does.
    private func token(_ name: String, _ role: String, _ run: ReportedRun) async throws -> String {
        let file = "\(run.path)/\(name).token"
        let made = try await run.runs("token", "--role", role, "--name", name, "--output", file)
        #expect(made.status == 0 && made.output.isEmpty, "\(made.errors)")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    private func post(
        _ action: String, _ authorization: String?, body: String = "", port: Int, host: String = "localhost"
    ) throws -> String {
        let credentials = authorization.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return try TestSocket(port: port).ask(
            "POST /actions/\(action) HTTP/1.1\r\nHost: \(host)\r\n\(credentials)Content-Length: \(body.utf8.count)\r\n"
                + "Connection: close\r\n\r\n\(body)")
    }

    private func get(_ path: String, _ authorization: String? = nil, port: Int, host: String = "localhost") throws
        -> String
    {
        let credentials = authorization.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return try TestSocket(port: port).ask(
            "GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(credentials)Connection: close\r\n\r\n")
    }

    private func status(_ answer: String) -> Int? { answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } }

    private func port(_ coordinator: LoradProcess, _ field: String = "dashboard") async throws -> Int {
        try await coordinator.wait(for: field) { try !coordinator.outputSoFar().events().named("listening").isEmpty }
        let listening = try coordinator.outputSoFar().events().named("listening").first
        return try #require(listening?[field]?.stringValue.flatMap { URL(string: $0)?.port })
    }

    /// What an event was followed by, of those that a round begins or ends with.
    private func events(_ coordinator: LoradProcess, after name: String) throws -> [String] {
        let names = try coordinator.outputSoFar().events().compactMap { $0["event"]?.stringValue }
        return Array(names[(names.lastIndex(of: name) ?? names.endIndex)...])
    }

    private func audit(_ run: ReportedRun) async throws -> [String] {
        let shown = try await run.runs("audit", "run", "--json")
        #expect(shown.status == 0, "\(shown.errors)")
        return try shown.output.events().map {
            "\($0["who"]?.stringValue ?? "") \($0["action"]?.stringValue ?? "") \($0["outcome"]?.stringValue ?? "")"
        }
    }

    @Test(
        "pauses for whoever may manage it, over a restart, and goes on when it is resumed; strangers are refused and noted"
    )
    func pausing() async throws {
        let run = try ReportedRun()
        let endless = "training.max_steps=1000000"
        let first = try run.coordinator(endless, flags: ["--dashboard", "127.0.0.1:0"])
        let worker = try await run.worker("alpha")
        let (alice, grafana) = (try await token("alice", "manage", run), try await token("grafana", "look", run))
        let gate = try await port(first)
        try await eventually { try !first.outputSoFar().events().named("step_committed").isEmpty }

        let guess = AccessToken().text
        for (authorization, expected) in [(nil, 401), (guess, 401), (grafana, 403)] as [(String?, Int)] {
            let answer = try post("pause", authorization, port: gate)
            #expect(status(answer) == expected && !answer.contains("run run is paused"), "\(answer)")
        }
        #expect(status(try post("pause", alice, port: gate, host: "evil.example:\(gate)")) == 421)
        #expect(status(try post("fly", alice, port: gate)) == 404)
        let long = try post("pause", alice, body: String(repeating: " ", count: 5_000), port: gate)
        #expect(status(long) == 413 && long.contains("larger than the limit of 4096 bytes"), "\(long)")
        #expect(status(try post("extend", alice, body: "{\"seconds\": 5}", port: gate)) == 400, "there is no deadline")
        #expect(status(try post("pause", alice, body: "{\"min_workers\": 1}", port: gate)) == 400)
        #expect(try first.outputSoFar().events().named("paused").isEmpty)

        #expect(status(try post("pause", alice, body: "{\"run\": \"other\"}", port: gate)) == 400)
        for (file, words) in [
            ("grafana", "the coordinator refused the request (403): token grafana has the role look"),
            ("none", "cannot be read"),
        ] {
            let remote = try await LoradProcess(
                ["runs", "pause", "run", "--url", "http://127.0.0.1:\(gate)", "--token-file", "\(file).token"],
                in: run.path
            ).outcome()
            #expect(remote.status == 1 && remote.errors.contains(words), "\(remote.errors)")
        }
        #expect(try first.outputSoFar().events().named("paused").isEmpty)
        let remote = try await LoradProcess(
            ["runs", "resume", "run", "--url", "http://127.0.0.1:\(gate)", "--token-file", "alice.token"], in: run.path
        ).outcome()
        #expect(remote.status == 0 && remote.output == "run run is not paused\n", "\(remote.errors)")

        let paused = try post("pause", alice, port: gate)
        #expect(status(paused) == 200 && paused.contains("run run is paused"), "\(paused)")
        try await eventually { try !first.outputSoFar().events().named("paused").isEmpty }
        try await eventually { try get("/run.json", port: gate).contains("\"is_paused\":true") }
        #expect(try await run.digest()["paused"]?.boolValue == true)
        #expect(try !events(first, after: "paused").contains("round_opened"))
        try await first.end(by: SIGKILL)

        let second = try run.coordinator(endless)
        try await eventually { try !second.outputSoFar().events().named("joined").isEmpty }
        let resumed = try await run.runs("resume", "run")
        #expect(resumed.status == 0 && resumed.output == "run run continues\n", "\(resumed.errors)")
        try await eventually { try events(second, after: "resumed").contains("step_committed") }
        let names = try second.outputSoFar().events().compactMap { $0["event"]?.stringValue }
        let begin = try #require(names.firstIndex(of: "resumed"))
        #expect(names[..<begin].contains("paused") && !names[..<begin].contains("round_opened"))

        let stopping = try await run.runs("stop", "run")
        #expect(stopping.status == 0 && stopping.output.hasPrefix("run run will stop after"), "\(stopping.errors)")
        let stopped = try await second.outcome()
        let ends = try stopped.events().named("stopped")
        #expect(stopped.status == 75 && ends.count == 1, "\(stopped.errors)")
        try await worker.end(by: SIGTERM)

        let lines = try await audit(run)
        #expect(lines.contains("stranger pause refused") && lines.contains("token grafana pause refused"))
        #expect(lines.contains("token alice extend failed") && lines.contains("token alice pause done"))
        #expect(
            lines.suffix(4).map { $0.split(separator: " ").suffix(2).joined(separator: " ") } == [
                "resume began", "resume done", "stop began", "stop done",
            ])
        let log = try String(contentsOfFile: "\(run.path)/state/runs/run/audit.log", encoding: .utf8)
        for secret in [alice, grafana, guess] { #expect(!log.contains(secret)) }
        let verified = try await run.runs("audit", "run", "--verify")
        #expect(verified.status == 0 && verified.output.contains("lines, in order, signed by "), "\(verified.errors)")
        try Data(log.replacing("token alice", with: "token wally").utf8).write(
            to: URL(filePath: "\(run.path)/state/runs/run/audit.log"))
        let edited = try await run.runs("audit", "run", "--verify")
        #expect(edited.status == 1 && edited.errors.contains("was changed, or is not signed by"), "\(edited.errors)")
        let cut = log.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        try Data(cut.utf8).write(to: URL(filePath: "\(run.path)/state/runs/run/audit.log"))
        let refused = try await run.runs("pause", "run")
        #expect(refused.status == 1 && refused.errors.contains("nothing is done that cannot be written down"))
    }

    @Test("shows itself to other machines by a token or the printed address only, and tells Prometheus nothing without")
    func looking() async throws {
        let run = try ReportedRun()
        let (grafana, old) = (try await token("grafana", "look", run), try await token("old", "look", run))
        #expect(try await run.runs("token", "revoke", "old").status == 0)
        let address = try FreePorts.endpoint().dropFirst("tcp://127.0.0.1:".count)
        let coordinator = try run.coordinator(
            flags: ["--dashboard", "0.0.0.0:\(address)", "--metrics", "0.0.0.0:\(address)"])
        let port = try await port(coordinator)
        let url = try coordinator.outputSoFar().events().named("listening").first?["dashboard"]?.stringValue
        let key = try #require(url?.split(separator: "#").last.map(String.init))
        for path in ["/", "/healthz"] { #expect(status(try get(path, port: port)) == 200) }
        for path in ["/run.json", "/events", "/metrics"] {
            for wrong in [nil, AccessToken().text, old] {
                let answer = try get(path, wrong, port: port)
                #expect(status(answer) == 401 && answer.lowercased().contains("www-authenticate: bearer"), "\(answer)")
                #expect(!answer.contains("lorad_rounds") && !answer.contains("\"workers\""))
            }
            #expect(status(try get(path, grafana, port: port, host: "evil.example:\(port)")) == 421)
        }
        #expect(try get("/metrics", grafana, port: port).contains("lorad_rounds "))
        #expect(status(try get("/metrics", key, port: port)) == 401, "the page's key is the page's")
        for admitted in [grafana, key] { #expect(status(try get("/run.json", admitted, port: port)) == 200) }
        for path in ["/runs/list.json", "/runs/show.txt"] {
            #expect(status(try get(path, port: port)) == 401)
            #expect(status(try get(path, grafana, port: port)) == 200)
            #expect(status(try get(path, grafana, port: port, host: "evil.example:\(port)")) == 421)
        }
        let remote = ["--url", "http://127.0.0.1:\(port)/#x", "--token-file", "\(run.path)/grafana.token"]
        let list = try await LoradProcess(["runs", "list"] + remote, in: run.path).outcome()
        #expect(list.status == 0 && list.output.contains("run ") && list.output.contains("running"), "\(list.errors)")
        let show = try await LoradProcess(["runs", "show", "run", "--json"] + remote, in: run.path).outcome()
        let shown = try JSONValue(parsing: Data(show.output.utf8), file: "runs show")
        #expect(shown["run"]?.stringValue == "run" && shown["workers"] != nil && shown["configuration"] == nil)
        let text = try await LoradProcess(["runs", "show", "run"] + remote, in: run.path).outcome()
        #expect(text.output.hasPrefix("run: distributed, running (process "), "\(text.output)\(text.errors)")
        let other = try await LoradProcess(["runs", "show", "other"] + remote, in: run.path).outcome()
        #expect(other.status == 1 && other.errors.contains("coordinates run run, not other"), "\(other.errors)")
        let config = try await LoradProcess(["runs", "show", "run", "--config"] + remote, in: run.path).outcome()
        #expect(config.status == 2 && config.errors.contains("leave out --url"), "\(config.errors)")
        #expect(try await run.runs("token", "revoke", "grafana").status == 0)
        #expect(status(try get("/metrics", grafana, port: port)) == 401, "a revoked token is refused at once")
        let refused = try await LoradProcess(["runs", "list"] + remote, in: run.path).outcome()
        #expect(
            refused.status == 1 && refused.errors.contains("the coordinator refused the request (401)"),
            "\(refused.errors)")
        try await coordinator.end(by: SIGTERM)
        let open = try run.coordinator(flags: ["--metrics", "0.0.0.0:0", "--require-token", "never"])
        let openPort = try await self.port(open, "metrics")
        #expect(status(try get("/metrics", port: openPort)) == 200)
        try await open.end(by: SIGTERM)
        let closed = try run.coordinator(flags: ["--metrics", "127.0.0.1:0", "--require-token", "always"])
        let closedPort = try await self.port(closed, "metrics")
        #expect(status(try get("/metrics", port: closedPort)) == 401)
        try await closed.end(by: SIGTERM)
    }

    @Test("lets one more worker in with each new line in a federated run, and more only where that is said")
    func joining() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator(
            "federation.mode=federated", "federation.min_workers=4", "federation.rounds=1")
        _ = try await coordinator.joinLineOfJSON()
        let one = try await run.runs("join-token", "run")
        #expect(
            one.status == 0 && one.errors.contains("this line admits one new worker to run run before"), "\(one.errors)"
        )
        let line = one.output.trimmingCharacters(in: .newlines)
        let three = try await run.runs("join-token", "run", "--uses", "3")
        #expect(three.errors.contains("this line admits 3 new workers") && three.output != one.output)
        let data = ["--data", TinyLlava.data("train"), "--images", TinyLlava.pictures, "--json", "--state", "state"]
        let first = try LoradProcess(["worker", "--join", line, "--name", "one"] + data, in: run.path)
        try await eventually { try coordinator.outputSoFar().events().named("joined").count == 1 }
        let second = try await LoradProcess(["worker", "--join", line, "--name", "two"] + data, in: run.path).outcome()
        #expect(second.status == 1 && second.errors.contains("was used already"), "\(second.errors)")
        try await first.end(by: SIGTERM)
        try await coordinator.end(by: SIGTERM)
        let log = try String(contentsOfFile: "\(run.path)/state/runs/run/audit.log", encoding: .utf8)
        #expect(!log.contains("token="))
        let gone = try await run.runs("join-token", "run")
        #expect(gone.status == 1 && gone.errors.contains("has no running coordinator, which join-token needs"))
    }
}
