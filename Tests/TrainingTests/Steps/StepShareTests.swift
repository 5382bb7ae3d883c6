import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Shares of a step")
struct StepShareTests {
    /// A step of so many micro-batches of one row each, over the rows of a source in turn.
    private func share(of node: TreeNode, count: Int, rows: Int) -> StepShare {
        StepShare(
            step: 4, seed: 42, supervisedTokens: 57, microBatchCount: count, node: node,
            microBatches: node.range(count: count).map { [$0 % rows] })
    }

    private func gradients(_ tiny: TinyLlava, _ rows: any RowSource, lanes: Int, count: Int, parts: Int?) throws
        -> (bits: [String: [UInt32]], loss: UInt64)
    {
        let computation = tiny.computation(lanes: lanes)
        let plan = tiny.weights.plan
        var sum = TreeSum<StepGradients>(count: count, add: StepGradients.sum)
        for node in TreeNode.split(count: count, into: parts ?? 1).reversed() {
            let part = try computation.gradients(of: share(of: node, count: count, rows: rows.count), from: rows)
            try sum.insert(StepGradients(part.stateDict(of: plan), loss: part.loss, of: plan), at: node)
        }
        let total = try #require(sum.total)
        return (total.stateDict(of: plan).bits, total.loss.bitPattern)
    }

    @Test("However a step is split, its gradients are the same to the last bit", arguments: 1...9)
    func splits(count: Int) throws {
        let folder = try TemporaryFolder()
        let tiny = try TinyLlava(dropout: 0.3)
        let rows = tiny.source(try tiny.rows(sentences: [1, 2, 1, 3, 1], in: folder))
        let whole = try gradients(tiny, rows, lanes: 1, count: count, parts: nil)
        #expect(whole.bits.count == tiny.weights.parameters.count)
        for (parts, lanes) in [(1, 3), (2, 1), (3, 2), (5, 3), (count, 2)] {
            let shared = try gradients(tiny, rows, lanes: lanes, count: count, parts: parts)
            #expect(shared.bits == whole.bits, "\(parts) parts, \(lanes) lanes")
            #expect(shared.loss == whole.loss)
        }
    }

    @Test("Dropout depends on the micro-batch's place in the whole step")
    func dropout() throws {
        let folder = try TemporaryFolder()
        let tiny = try TinyLlava(dropout: 0.3)
        let rows = tiny.source(try tiny.rows(sentences: [1], in: folder))
        let parts = try [0, 1].map { index in
            try tiny.computation(lanes: 1).gradients(
                of: share(of: TreeNode(leaf: index), count: 2, rows: 1), from: rows)
        }
        #expect(parts[0].stateDict(of: tiny.weights.plan).bits != parts[1].stateDict(of: tiny.weights.plan).bits)
    }

    @Test("Models of every family have the same sums in parts", arguments: LlavaGolden.all)
    func families(golden: LlavaGolden) throws {
        let (model, weights) = try golden.adapted(computing: .float32)
        let source = GoldenSource(golden)
        let computation = StepComputation(model: model, weights: weights, lanes: Lanes(count: 2), checkpointing: false)
        let whole = try computation.gradients(
            of: share(of: .root(count: 5), count: 5, rows: source.count), from: source)
        var sum = TreeSum<StepGradients>(count: 5, add: StepGradients.sum)
        for node in TreeNode.split(count: 5, into: 3) {
            try sum.insert(
                try computation.gradients(of: share(of: node, count: 5, rows: source.count), from: source), at: node)
        }
        let total = try #require(sum.total)
        #expect(total.stateDict(of: weights.plan).bits == whole.stateDict(of: weights.plan).bits)
        #expect(total.gradients.map { $0 == nil } == whole.gradients.map { $0 == nil })
    }

    @Test("What the caller throws before a micro-batch ends the computation")
    func cancellation() throws {
        let folder = try TemporaryFolder()
        let tiny = try TinyLlava()
        let rows = tiny.source(try tiny.rows(sentences: [1, 1], in: folder))
        #expect(throws: CancellationError.self) {
            try tiny.computation(lanes: 2).gradients(of: share(of: .root(count: 2), count: 2, rows: 2), from: rows) {
                throw CancellationError()
            }
        }
    }
}
