import Foundation
import Models
import TestSupport
import Testing

@testable import lorad

@Suite("lorad coordinator --dashboard", .ownThreads, .timeLimit(.minutes(5)))
struct DashboardTests {
    @Test("shows a run from its beginning to its end, and the file of it shows the same")
    func run() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator(
            "training.max_steps=60", "training.eval_steps=20", flags: ["--dashboard", "127.0.0.1:0"])
        let port = try await coordinator.port(of: "dashboard")
        let worker = try await run.worker("alpha")
        let stream = try TestSocket(port: port).get("/events")
        let (done, left) = (try await coordinator.outcome(), try await worker.outcome())
        #expect(done.status == 0 && left.status == 0, "\(done.errors)\(left.errors)")

        #expect(stream.lowercased().contains("content-type: text/event-stream"))
        let pages = try stream.matches(of: /data: (\{.*\})/).map { try SamplePage.page(json: String($0.1)) }
        let (first, last) = (try #require(pages.first), try #require(pages.last))
        #expect(first.done < 60 && first.isLive && first.tellsJoinLine && !first.isOver)
        #expect(last.state == .finished && last.isOver && last.done == 60 && last.workers.map(\.name) == ["alpha"])
        #expect(pages.map(\.done) == pages.map(\.done).sorted())

        let path = "\(run.path)/page.html"
        let written = try await run.runs("show", "run", "--html", path)
        #expect(written.status == 0 && written.output == "page written to \(path)\n", "\(written.errors)")
        let html = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        let file = try SamplePage.document(of: html)
        #expect(!html.contains("token="), "the file tells the join line")
        let log = try run.log()
        for page in [last, file] {
            #expect(page.values(of: .loss) == log.reduce(into: [:]) { $0[$1.step] = $1.loss })
            #expect(page.values(of: .evalLoss) == log.reduce(into: [:]) { $0[$1.step] = $1.evalLoss })
            #expect(page.values(of: .evalExactMatch) == log.reduce(into: [:]) { $0[$1.step] = $1.evalExactMatch })
            #expect(page.values(of: .evalLoss).keys.sorted() == [20, 40, 60])
        }
        #expect(file.curves == last.curves && file.tokens == last.tokens)
        #expect(file.rounds.map(\.bytesIn) == last.rounds.map(\.bytesIn))
    }

    @Test("answers those who mean it, with a policy, and beside it metrics at the same address")
    func requests() async throws {
        let run = try ReportedRun()
        let address = try FreePorts.endpoint().dropFirst("tcp://".count)
        let coordinator = try run.coordinator(flags: ["--dashboard", String(address), "--metrics", String(address)])
        let port = try await coordinator.port(of: "dashboard")
        #expect(try await coordinator.port(of: "metrics") == port)
        let page = try TestSocket(port: port).get("/")
        #expect(page.hasPrefix("HTTP/1.1 200") && page.hasSuffix(PageMarkup.live))
        for (name, value) in PageGuard.headers { #expect(page.contains("\(name): \(value)\r\n"), "\(name)") }
        #expect(try TestSocket(port: port).get("/metrics").contains("lorad_rounds "))
        let listening = try coordinator.outputSoFar().events().named("listening").first
        let url = try #require(listening?["dashboard"]?.stringValue)
        let key = try #require(url.split(separator: "#").last)
        for wrong in [nil, "Bearer ", "Bearer \(key)0", "\(key)"] {
            let refused = try TestSocket(port: port).get("/join", authorization: wrong)
            #expect(refused.hasPrefix("HTTP/1.1 401") && !refused.contains("token="), "\(refused)")
        }
        let told = try TestSocket(port: port).get("/join", authorization: "Bearer \(key)")
        #expect(told.contains(try #require(listening?["join"]?.stringValue)))
        for path in ["/", "/events", "/run.json", "/join", "/metrics", "/healthz"] {
            let refused = try TestSocket(port: port).get(path, host: "evil.example:\(port)")
            #expect(refused.hasPrefix("HTTP/1.1 421") && !refused.contains("token="), "\(refused)")
        }
        let other = try ReportedRun()
        try await other.coordinator(flags: ["--dashboard", String(address)]).expectFailure(
            "--dashboard \(address): cannot listen there: something listens there already")
        try await coordinator.end(by: SIGTERM)
        withExtendedLifetime((run, other)) {}
    }

    @Test("tells no join line to other machines, and anything else to those who opened the printed address")
    func otherMachines() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator(flags: ["--dashboard", "0.0.0.0:0"])
        let port = try await coordinator.port(of: "dashboard")
        #expect(try TestSocket(port: port).get("/join").hasPrefix("HTTP/1.1 404"))
        #expect(try TestSocket(port: port).get("/run.json").hasPrefix("HTTP/1.1 401"))
        let url = try coordinator.outputSoFar().events().named("listening").first?["dashboard"]?.stringValue
        let key = try #require(url?.split(separator: "#").last)
        let text = try TestSocket(port: port).get("/run.json", authorization: "Bearer \(key)")
        let json = try #require(text.components(separatedBy: "\r\n\r\n").last)
        #expect(try !SamplePage.page(json: json).tellsJoinLine && !text.contains("token="))
        try await coordinator.end(by: SIGTERM)
        withExtendedLifetime(run) {}
    }

    @Test("keeps what went wrong, for the page of a run that is over too")
    func problems() async throws {
        let run = try ReportedRun()
        let coordinator = try run.coordinator("training.learning_rate=1e38", flags: ["--dashboard", "127.0.0.1:0"])
        let worker = try await run.worker("alpha")
        let ended = try await coordinator.outcome()
        #expect(ended.status == 1)
        _ = try await worker.outcome()
        _ = try await run.runs("show", "run", "--html", "\(run.path)/page.html")
        let html = try String(contentsOf: URL(filePath: "\(run.path)/page.html"), encoding: .utf8)
        let page = try SamplePage.document(of: html)
        #expect(page.state == .failed)
        #expect(page.incidents.first?.text.contains("is not finite") == true, "\(page.incidents)")
    }

    @Test("and lorad runs show --html say what is wrong with what they are given")
    func usage() async throws {
        let run = try ReportedRun()
        for (flags, words) in [
            (["--dashboard", "9800"], "--dashboard \"9800\": expected HOST:PORT"),
            (["--dashboard", "192.0.2.1:9800"], "this machine has no such address"),
        ] { try await run.coordinator(flags: flags).expectFailure(words) }
        let outcome = try await run.runs("show", "run", "--html", "page.html", "--json")
        #expect(outcome.status != 0 && outcome.errors.contains("--html writes a file"), "\(outcome.errors)")
    }
}

extension TestSocket {
    /// What a server answers, to its end.
    fileprivate func get(
        _ path: String, host: String = "localhost", authorization: String? = nil
    ) throws -> String {
        let credentials = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        return try ask("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(credentials)Connection: close\r\n\r\n")
    }
}

extension LoradProcess {
    /// The port at which a coordinator that was started with `--json` serves something.
    fileprivate func port(of field: String) async throws -> Int {
        try await wait(for: field) { try !outputSoFar().events().named("listening").isEmpty }
        let url = try outputSoFar().events().named("listening").first?[field]?.stringValue
        return try #require(url.flatMap { URL(string: $0)?.port })
    }
}

extension RunPage {
    /// A curve's values by round.
    fileprivate func values(of quantity: RunCurve.Quantity) -> [Int: Double] {
        let curve = curves.first { $0.quantity == quantity }
        return Dictionary(uniqueKeysWithValues: zip(curve?.rounds ?? [], curve?.values ?? []))
    }
}
