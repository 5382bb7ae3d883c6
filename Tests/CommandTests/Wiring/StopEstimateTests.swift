import Foundation
import Testing
import Training

@testable import lorad

@Suite("The time that a stop takes")
struct StopEstimateTests {
    private struct Rows: RowLengths {
        let lengths: [Int]
        var count: Int { lengths.count }
        func length(at index: Int) -> Int { lengths[index] }
        func supervisedCount(at index: Int) -> Int { 1 }
    }

    @Test("follows from the step whose rows are the longest, also where it takes more rows than there are")
    func longestStep() {
        let rows = Rows(lengths: [10, 50, 20, 40])
        #expect(StopEstimate.longestStep(rows, rows: 2) == 90)
        #expect(StopEstimate.longestStep(rows, rows: 5) == 170)
        #expect(StopEstimate.longestStep(Rows(lengths: []), rows: 2) == 0)
    }

    @Test(
        "leaves ten seconds to spare in the notice, in whole tens, within what Slurm takes",
        arguments: [(0.0, 10), (0.5, 20), (10.0, 20), (10.1, 30), (1e9, 65_535)])
    func notice(seconds: Double, expected: Int) {
        let speed = CheckpointSpeed(bytes: 1, seconds: 0)
        #expect(StopEstimate(step: seconds, evaluation: 0, checkpoint: speed).notice == expected)
    }

    @Test("is measured by a file that is gone afterwards, or assumed where none can be written")
    func checkpoint() throws {
        let folder = try TemporaryFolder()
        let speed = CheckpointSpeed(bytes: 1 << 20, folder: URL(filePath: "\(folder.path)/a/b"))
        #expect(speed.refusal == nil && speed.seconds > 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let assumed = CheckpointSpeed(bytes: 100_000_000, folder: URL(filePath: "/proc/none"))
        #expect(assumed.seconds == 2 && assumed.remark?.contains("/proc: ") == true)
    }
}
