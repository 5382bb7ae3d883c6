import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite("Work laid open in parts")
struct PartBoardTests {
    private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var random = SplitMix64(seed: seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.nextNormal()) }, shape: shape)
    }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    /// Runs `body` while threads take parts from the board.
    private func helped<Result>(by count: Int, _ board: PartBoard, _ body: () -> Result) -> Result {
        let isDone = Flag()
        let group = DispatchGroup()
        for _ in 0..<count {
            group.enter()
            Thread.detachNewThread {
                while !isDone.value.load(ordering: .acquiring) { if !board.takePart() { usleep(10) } }
                group.leave()
            }
        }
        defer {
            isDone.value.store(true, ordering: .releasing)
            group.wait()
        }
        return board.serving(body)
    }

    @Test("Each part is done once, round after round, whoever helps", arguments: [0, 1, 3])
    func once(helpers: Int) {
        let board = PartBoard()
        helped(by: helpers, board) {
            for round in 0..<300 {
                let count = 1 + round % 40
                let counts = Mutex(Array(repeating: 0, count: count))
                PartBoard.forEach(count) { index in
                    counts.withLock { $0[index] += 1 }
                    // Within a part there is nobody to share with: no round begins in a round.
                    PartBoard.forEach(3) { _ in counts.withLock { $0[index] += 10 } }
                }
                #expect(counts.withLock { $0 } == Array(repeating: 31, count: count))
            }
        }
    }

    @Test("Pieces cover everything once, in order", arguments: [0, 1, 63, 64, 65, 1_000])
    func pieces(count: Int) {
        let found = Mutex<[Range<Int>]>([])
        PartBoard.forPieces(of: count, length: 64) { piece in found.withLock { $0.append(piece) } }
        #expect(found.withLock { $0.flatMap { Array($0) } } == Array(0..<count))
    }

    @Test(
        "Tiles cover a product once, and the weights of some columns are read one after the other",
        arguments: [
            (513, 64, 4_096), (656, 2_048, 5_632), (1_000, 5_632, 64), (2_048, 100, 2_048), (512, 4_096, 4_096),
        ])
    func tiles(rows: Int, columns: Int, inner: Int) {
        let tiles = ProductTiles(rows: rows, columns: columns, inner: inner)
        var seen = Array(repeating: 0, count: rows * columns)
        for index in 0..<tiles.count {
            let (rowRange, columnRange) = tiles[index]
            for row in rowRange { for column in columnRange { seen[row * columns + column] += 1 } }
        }
        #expect(seen.allSatisfy { $0 == 1 })
        #expect((tiles.count > 1) == (rows > 512))
        let starts = (0..<tiles.count).map { tiles[$0].columns.lowerBound }
        #expect(starts == starts.sorted())
    }

    @Test("Operations over many rows give the same bits, helped or not", arguments: [DType.float32, .bfloat16])
    func bits(type: DType) {
        let (rows, width, inner) = (600, 64, 512)
        let x = random([rows, width], 1).trainable()
        let projections = [random([inner, width], 2), random([inner, width], 3)].map {
            Projection(
                weight: $0.converted(to: type), bias: random([inner], 4),
                adapter: LowRankFactors(
                    a: random([8, width], 5).trainable(), b: random([inner, 8], 6).trainable(), scale: 2))
        }
        let layout = AttentionLayout(
            heads: 8, keyValueHeads: 4, headSize: 32, boundaries: [0, 250, rows], isCausal: true)
        let down = Projection(weight: random([width, 256], 8).converted(to: type))
        let compute = {
            let hidden = x.rmsNormalized(weight: random([width], 7), epsilon: 1e-5, as: type).projected(by: projections)
                .swiGLU(columns: inner)
            let y = hidden.attended(layout).projected(by: [down], residual: x)
            let values = y.values
            let gradients = y.backward(upstream: random([rows, width], 9))
            return [values]
                + ([x] + projections.flatMap { $0.adapters.flatMap { [$0.a, $0.b] } }).map {
                    gradients[$0]?.values ?? []
                }
        }
        let alone = compute()
        #expect(!alone.contains { $0.isEmpty })
        let board = PartBoard()
        for _ in 0..<3 { #expect(helped(by: 2, board, compute) == alone) }
    }
}
