import Federation
import Foundation
import Synchronization
import Testing

@testable import lorad

@Suite("Metrics")
struct MetricsTests {
    private let lines = SampleRun.snapshot().metrics.split(separator: "\n").map(String.init)

    @Test("have the run's figures")
    func run() {
        for line in [
            "lorad_info{run=\"sample\",version=\"\(Version.number)\"} 1", "lorad_run_state{state=\"working\"} 1",
            "lorad_run_state{state=\"finished\"} 0", "lorad_round 4", "lorad_rounds 20", "lorad_loss 1.5",
            "lorad_round_seconds 1", "lorad_tokens_per_second 400", "lorad_remaining_seconds 16",
            "lorad_tokens_total 1600", "lorad_results_total{outcome=\"counted\"} 0",
            "lorad_bytes_received_total 1800000", "lorad_bytes_sent_total 4700000", "lorad_refused_records_total 3",
            "lorad_refused_workers_total 1",
        ] {
            #expect(lines.contains(line), "\(line) is missing")
        }
    }

    @Test("have the workers, in all and one by one")
    func workers() {
        let labels = "worker=\"\(SampleRun.beta)\",name=\"beta\""
        for line in [
            "lorad_workers{state=\"working\"} 1", "lorad_workers{state=\"silent\"} 1",
            "lorad_workers{state=\"left\"} 0",
            "lorad_worker_results_total{\(labels),outcome=\"refused\"} 2",
            "lorad_worker_bytes_received_total{\(labels)} 600000", "lorad_worker_bytes_sent_total{\(labels)} 1300000",
            "lorad_worker_tokens_per_second{worker=\"\(SampleRun.alpha)\",name=\"alpha\"} 812.4",
        ] {
            #expect(lines.contains(line), "\(line) is missing")
        }
    }

    @Test("come under a help and a type each, once, with names by the conventions")
    func conventions() throws {
        var kinds: [String: String] = [:]
        for (index, line) in lines.enumerated() where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ").map(String.init)
            #expect(lines[index - 1].hasPrefix("# HELP \(words[2]) "))
            #expect(kinds.updateValue(words[3], forKey: words[2]) == nil, "\(words[2]) is there twice")
            #expect((words[3] == "counter") == words[2].hasSuffix("_total"))
        }
        for line in lines where !line.hasPrefix("#") {
            let name = try #require(line.split(whereSeparator: { "{ ".contains($0) }).first)
            #expect(kinds[String(name)] != nil && name.hasPrefix("lorad_"))
        }
    }

    @Test("leave out what is not known yet")
    func unknown() {
        let text = RunSnapshot(status: SampleRun.status()).metrics
        #expect(!text.contains("lorad_loss") && !text.contains("lorad_worker_") && text.contains("lorad_round 0\n"))
    }

    @Test("escape what labels and helps may not hold")
    func escaping() {
        var text = PrometheusText()
        text.add("m", .gauge, "a \\ b\nc \"d\"", [([("name", "a\"b\\c\nd"), ("other", "e")], 1.5)])
        #expect(
            text.text == """
                # HELP m a \\\\ b\\nc "d"
                # TYPE m gauge
                m{name="a\\"b\\\\c\\nd",other="e"} 1.5

                """)
    }

    @Test(
        "write numbers as Prometheus reads them",
        arguments: [
            (0, "0"), (-2, "-2"), (0.25, "0.25"), (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"),
        ] as [(Double, String)])
    func numbers(value: Double, expected: String) {
        var text = PrometheusText()
        text.add("m", .gauge, "h", value)
        #expect(text.text.hasSuffix("\nm \(expected)\n"))
    }

    @Test(
        "are served at a host and a port",
        arguments: [
            ("127.0.0.1:9700", "127.0.0.1:9700"), ("[::1]:0", "[::1]:0"), ("localhost:65535", "localhost:65535"),
        ])
    func addresses(text: String, description: String) throws {
        #expect(try HTTPAddress(text, option: "--metrics").description == description)
    }

    @Test(
        "are not served elsewhere",
        arguments: ["", "9700", ":9700", "host", "host:", "host:port", "host:65536", "::1:9700", "http://h:1", "h h:1"])
    func wrongAddresses(text: String) {
        let error = #expect(throws: CommandError.self) { try HTTPAddress(text, option: "--metrics") }
        #expect(error?.description.contains("expected HOST:PORT") == true)
    }
}
