import Foundation
import Tensors
import Testing
import Training

@Suite("The order of rows")
struct BatchOrderTests {
    @Test("without shuffling is that of the file, with a short last step")
    func fileOrder() {
        let order = BatchOrder(rowCount: 5, batchSize: 2, shuffleSeed: nil)
        #expect((0..<4).map(order.rows(ofStep:)) == [[0, 1], [2, 3], [4], [0, 1]])
        #expect(order.epochs(afterSteps: 2) == 0.8)
        #expect(order.epochs(afterSteps: 3) == 1)
        #expect(order.epochs(afterSteps: 6) == 2)
    }

    @Test("without shuffling takes no row twice in a step")
    func fewRows() {
        #expect(BatchOrder(rowCount: 2, batchSize: 5, shuffleSeed: nil).rows(ofStep: 1) == [0, 1])
    }

    private struct TrainerOrder: Decodable {
        var rows: Int
        var batch: Int
        var accumulation: Int
        var epochs: Double
        var maxSteps: Int
        var totalSteps: Int
        /// The rows of each step, by micro-batch.
        var steps: [[[Int]]]
    }

    @Test("without shuffling is that of transformers' Trainer, step by step and micro-batch by micro-batch")
    func trainerOrder() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Fixtures/order/expected.json")
        let cases = try decoder.decode([TrainerOrder].self, from: Data(contentsOf: file))
        #expect(cases.count > 8)
        for expected in cases {
            let order = BatchOrder(
                rowCount: expected.rows, batchSize: expected.batch, accumulation: expected.accumulation,
                shuffleSeed: nil)
            let total = order.totalSteps(epochs: expected.epochs, maxSteps: expected.maxSteps)
            #expect(total == expected.totalSteps, "\(expected)")
            #expect((0..<total).map(order.microBatches(ofStep:)) == expected.steps, "\(expected)")
            if expected.maxSteps < 0, expected.epochs == expected.epochs.rounded() {
                #expect(order.epochs(afterSteps: total) == expected.epochs)
            }
        }
    }

    @Test("takes each row once in an epoch", arguments: [1, 2, 7, 64, 100], [9, nil] as [UInt64?])
    func everyRowOnce(rowCount: Int, seed: UInt64?) {
        let order = BatchOrder(rowCount: rowCount, batchSize: 3, accumulation: 2, shuffleSeed: seed)
        for epoch in 0..<3 {
            let steps = epoch * order.stepsPerEpoch..<(epoch + 1) * order.stepsPerEpoch
            #expect(steps.flatMap(order.rows(ofStep:)).sorted() == Array(0..<rowCount))
        }
    }

    @Test("shuffled differs by epoch and seed, and by nothing else")
    func seeds() {
        let order = BatchOrder(rowCount: 50, batchSize: 50, shuffleSeed: 1)
        #expect(order.rows(ofStep: 0) != order.rows(ofStep: 1))
        #expect(order.rows(ofStep: 0) != BatchOrder(rowCount: 50, batchSize: 50, shuffleSeed: 2).rows(ofStep: 0))
        #expect(order.rows(ofStep: 7) == BatchOrder(rowCount: 50, batchSize: 50, shuffleSeed: 1).rows(ofStep: 7))
        #expect(order.rows(ofStep: 0) != Array(0..<50))
    }

    @Test("does not change from one version of lorad to the next")
    func fixedOrder() {
        let order = BatchOrder(rowCount: 10, batchSize: 10, shuffleSeed: 42)
        #expect(order.rows(ofStep: 0) == [5, 1, 9, 6, 7, 2, 4, 0, 8, 3])
        #expect(order.rows(ofStep: 1) == [8, 9, 1, 7, 6, 4, 3, 2, 0, 5])
    }

    @Test("keeps the short last step of an epoch, as micro-batches")
    func shortStep() {
        let order = BatchOrder(rowCount: 9, batchSize: 2, accumulation: 3, shuffleSeed: 3)
        #expect(order.stepsPerEpoch == 2)
        #expect(order.microBatches(ofStep: 0).map(\.count) == [2, 2, 2])
        #expect(order.microBatches(ofStep: 1).map(\.count) == [2, 1])
        #expect(order.microBatches(ofStep: 1).flatMap(\.self) == order.rows(ofStep: 1))
        #expect(order.epochs(afterSteps: 1) == 6.0 / 9)
        #expect(order.epochs(afterSteps: 2) == 1)
    }

    @Test("has ⌈epochs · steps an epoch⌉ steps unless the run says how many")
    func totalSteps() {
        let order = BatchOrder(rowCount: 9, batchSize: 2, shuffleSeed: nil)
        #expect(order.totalSteps(epochs: 1, maxSteps: -1) == 5)
        #expect(order.totalSteps(epochs: 2.5, maxSteps: -1) == 13)
        #expect(order.totalSteps(epochs: 2.5, maxSteps: 4) == 4)
    }

    @Test("draws on SplitMix64 as it was published")
    func splitMix() {
        var generator = SplitMix64(seed: 1_234_567)
        let drawn = (0..<5).map { _ in generator.next() }
        #expect(
            drawn == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("gives each of three rows each place about equally often")
    func uniform() {
        var counts: [[Int]: Int] = [:]
        var generator = SplitMix64(seed: 5)
        for _ in 0..<6000 { counts[generator.permutation(3), default: 0] += 1 }
        #expect(counts.count == 6)
        for count in counts.values { #expect((880...1120).contains(count)) }
    }
}
