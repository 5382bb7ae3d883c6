import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Work as bytes")
struct WorkEncodingTests {
    private func isRefused(_ data: Data) -> Bool {
        do {
            _ = try StepWork(data, limits: WorkFixture.limits)
            return false
        } catch {
            return (error as? TrainingError)?.code == .invalidWork
        }
    }

    @Test("A step's work reads back as it was")
    func step() throws {
        let work = try WorkFixture.step()
        #expect(try StepWork(work.data, limits: WorkFixture.limits) == work)
        #expect(work.rows.pictures == [try WorkFixture.picture(1), try WorkFixture.picture(2)])
    }

    @Test("A stretch's work reads back as it was")
    func stretch() throws {
        let work = try WorkFixture.stretch()
        #expect(try StretchWork(work.data, limits: WorkFixture.limits) == work)
        #expect(work.plan.stepCount == 3)
        #expect((0..<3).map(work.plan.rows) == work.steps)
    }

    @Test("A slice of a larger buffer reads as well")
    func slice() throws {
        let work = try WorkFixture.step()
        let slice = (Data([1, 2, 3]) + work.data).dropFirst(3)
        #expect(try StepWork(slice, limits: WorkFixture.limits) == work)
    }

    @Test("Image tokens take a few bytes, whatever their number")
    func size() throws {
        let long = WorkExample(
            ids: Array(repeating: 32_000, count: 576) + [1], labels: Array(repeating: -100, count: 576) + [1],
            pictures: [])
        var writer = WorkWriter()
        WorkRows([long]).write(to: &writer)
        #expect(writer.data.count < 20)
    }

    @Test("Work that is cut short anywhere, or goes on, is refused")
    func truncations() throws {
        let data = try WorkFixture.step().data
        for end in 0..<data.count { #expect(isRefused(data.prefix(end)), "\(end) bytes") }
        #expect(isRefused(data + [0]))
        let stretch = try WorkFixture.stretch().data
        for end in 0..<stretch.count {
            #expect(throws: TrainingError.self) { try StretchWork(stretch.prefix(end), limits: WorkFixture.limits) }
        }
    }

    @Test("Changed bytes are refused or give work within the limits", arguments: 0..<8)
    func flips(seed: UInt64) throws {
        let (step, stretch) = (try WorkFixture.step().data, try WorkFixture.stretch().data)
        var random = SplitMix64(seed: seed)
        var refusals = 0
        for _ in 0..<400 {
            let changes = (0...random.next(below: 3)).map { _ in (random.next(below: 1_000), random.next()) }
            func changed(_ data: Data) -> Data {
                var data = data
                for (place, byte) in changes { data[place % data.count] = UInt8(truncatingIfNeeded: byte) }
                return data
            }
            do {
                let work = try StepWork(changed(step), limits: WorkFixture.limits)
                check(work.rows)
                #expect(work.share.microBatches.joined().elementsEqual(0..<work.rows.count))
            } catch {
                #expect((error as? TrainingError)?.code == .invalidWork)
                refusals += 1
            }
            if let work = try? StretchWork(changed(stretch), limits: WorkFixture.limits) {
                check(work.rows)
                #expect(work.steps.joined().allSatisfy { $0 < work.rows.count })
            }
        }
        #expect(refusals > 50)
    }

    private func check(_ rows: WorkRows) {
        for example in rows.examples {
            #expect(example.ids.allSatisfy { (0..<100).contains($0) })
            #expect(example.ids.count { $0 == WorkFixture.imageToken } == 3 * example.pictures.count)
            #expect(example.supervisedCount > 0 && example.labels.count == example.ids.count)
            #expect(zip(example.ids, example.labels).allSatisfy { $0 == $1 || $1 == PackedBatch.unsupervised })
        }
    }

    @Test("A few bytes cannot ask for much memory")
    func bombs() throws {
        var limits = WorkFixture.limits
        limits.maxLength = .max
        limits.maxTokens = 1_000
        let huge = WorkExample(
            ids: Array(repeating: 1, count: 1_001), labels: Array(repeating: 1, count: 1_001), pictures: [])
        var writer = WorkWriter()
        WorkRows([huge]).write(to: &writer)
        let message = errorMessage {
            var reader = WorkReader(writer.data)
            return try WorkRows(from: &reader, limits: limits)
        }
        #expect(message?.contains("example 0 brings the total to more than 1000 tokens") == true)
    }
}
