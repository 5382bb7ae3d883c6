import Foundation
import TestSupport
import Testing

@Suite("lorad doctor", .ownThreads, .timeLimit(.minutes(10)))
struct DoctorCommandTests {
    @Test("looks at this machine, measures it, and writes nothing")
    func json() async throws {
        let folder = try TemporaryFolder()
        let outcome = try await lorad("doctor", "--state", "\(folder.path)/state", "--json", in: folder.path)
        struct Report: Decodable {
            struct Finding: Decodable {
                var subject: String
                var state: String
                var text: String
                var action: String?
            }
            struct Speed: Decodable {
                struct Product: Decodable {
                    var type: String
                    var gflops_of_one_core: Double
                    var gflops_of_all: Double
                }
                var products: [Product]
                var copied_gigabytes_per_second: Double
            }
            var state: String
            var findings: [Finding]
            var speed: Speed
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
        #expect(outcome.status == (report.state == "problem" ? 1 : 0))
        #expect(
            Set(report.findings.map(\.subject)).isSuperset(of: ["processor", "memory", "disk", "network", "libraries"]))
        #expect(report.speed.products.first?.type == "fp32" && report.speed.copied_gigabytes_per_second > 0)
        #expect(report.speed.products.allSatisfy { $0.gflops_of_one_core > 0 && $0.gflops_of_all > 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("tells of a limit that is too low, and exits with 1")
    func problem() async throws {
        let outcome = try await LoradProcess(
            ["doctor", "--no-measure"], in: TinyLlava.repository, after: "ulimit -n 40"
        ).outcome()
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("problem  open files"), "\(outcome.output)")
        #expect(outcome.output.contains("→ raise it with ulimit -n 4096"))
    }
}
