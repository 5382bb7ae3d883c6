import Foundation
import Tensors
import Testing

@testable import Training

@Suite("Damaged work")
struct WorkFuzzTests {
    /// Bits flipped, bytes cut out, doubled, or replaced by numbers at the edge of their type.
    private func damaged(_ data: Data, _ random: inout SplitMix64) -> Data {
        func draw(_ limit: Int) -> Int { limit > 0 ? Int(random.next() % UInt64(limit)) : 0 }
        var bytes = [UInt8](data)
        for _ in 0...draw(3) {
            let place = draw(bytes.count + 1)
            let rest = min(bytes.count - place, 1 + draw(12))
            let extremes: [[UInt8]] = [
                [0], [0x7F], [0x80, 1], Array(repeating: 0xFF, count: 9) + [1], Array(repeating: 0xFF, count: 4) + [15],
                Array(repeating: 0x80, count: 9) + [1], Array(repeating: 0x80, count: 8) + [0x40],
            ]
            switch draw(6) {
            case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(draw(8)) }
            case 1: bytes.replaceSubrange(place..<place + rest, with: extremes[draw(extremes.count)])
            case 2: bytes.removeLast(bytes.count - place)
            case 3: bytes.removeSubrange(place..<place + rest)
            case 4: bytes.insert(contentsOf: Array(bytes[place..<place + rest]), at: place)
            default: bytes.insert(contentsOf: extremes[draw(extremes.count)], at: place)
            }
        }
        return Data(bytes)
    }

    @Test("is refused, or read within the limits", arguments: 1...8 as ClosedRange<UInt64>)
    func limits(seed: UInt64) throws {
        let (step, stretch, limits) = (try WorkFixture.step().data, try WorkFixture.stretch().data, WorkFixture.limits)
        var random = SplitMix64(seed: seed)
        var refusals = 0
        for _ in 0..<2_500 {
            do {
                let work = try StepWork(damaged(step, &random), limits: limits)
                check(work.rows)
                #expect(work.share.microBatches.joined().elementsEqual(0..<work.rows.count))
            } catch {
                #expect((error as? TrainingError)?.code == .invalidWork)
                refusals += 1
            }
            if let work = try? StretchWork(damaged(stretch, &random), limits: limits) {
                check(work.rows)
                #expect(work.steps.joined().count <= limits.maxTokens)
                #expect(work.steps.joined().allSatisfy { $0 < work.rows.count })
            }
        }
        #expect((1_000..<2_500).contains(refusals), "\(refusals)")
    }

    private func check(_ rows: WorkRows) {
        #expect(rows.examples.reduce(0) { $0 + $1.ids.count } <= WorkFixture.limits.maxTokens)
        #expect(rows.count <= WorkFixture.limits.maxRows)
        #expect(rows.examples.allSatisfy { $0.labels.count == $0.ids.count })
    }
}
