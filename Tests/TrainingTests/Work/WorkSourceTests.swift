import Foundation
import Models
import Synchronization
import Tensors
import Testing
import Training

@Suite("Rows that travelled")
struct WorkSourceTests {
    private let folder: TemporaryFolder
    private let tiny: TinyLlava
    private let rows: EncodedDataset
    private let catalogue = TinyLlava.catalogue()

    init() throws {
        folder = try TemporaryFolder()
        tiny = try TinyLlava()
        rows = try tiny.rows(sentences: [1, 2, 3, 1, 4], in: folder)
    }

    @Test("Tokens, labels and pixels are those of the rows where they came from")
    func equality() throws {
        let plan = StepPlan(step: 0, rows: [4, 0, 2, 1], of: rows, microBatchTokens: 192, learningRate: 1)
        let work = try WorkMaker(rows, catalogue: catalogue).work(of: .root(count: plan.parts.count), in: plan, seed: 1)
        let read = try StepWork(work.data, limits: tiny.limits)
        let source = tiny.source(read.rows, from: catalogue)
        let (mine, theirs) = (try source.batch(of: [0, 1, 2, 3]), try tiny.source(rows).batch(of: [4, 0, 2, 1]))
        #expect(mine.tokens == theirs.tokens && mine.labels == theirs.labels && mine.boundaries == theirs.boundaries)
        #expect(mine.tiles?.shape == [4, 3, 24, 24])
        #expect(mine.tiles?.values == theirs.tiles?.values)
        #expect((0..<4).map(source.length) == [4, 0, 2, 1].map(rows.length))
        #expect((0..<4).map(source.supervisedCount) == [4, 0, 2, 1].map(rows.supervisedCount))
    }

    @Test("A stretch carries each row once")
    func stretch() throws {
        let work = try WorkMaker(rows, catalogue: catalogue).work(ofStretch: [[3, 1], [1, 4], [3]])
        #expect(work.rows.count == 3)
        #expect(work.steps == [[1, 0], [0, 2], [1]])
        let source = tiny.source(work.rows, from: catalogue)
        #expect(try source.batch(of: [1]).tokens == rows.example(at: 3).ids)
    }

    @Test("Pictures are named before the work comes, each once, and lead back to their files")
    func pictures() throws {
        let maker = WorkMaker(rows, catalogue: catalogue)
        let found = try maker.pictures(of: [0, 1, 2, 3, 4])
        #expect(found.count == 3)
        let names = found.compactMap { catalogue.picture($0).map { URL(filePath: $0.description).lastPathComponent } }
        #expect(names == ["red-circle.jpg", "blue-square.png", "green-circle.png"])
        #expect(catalogue.picture(try PictureID(Array(repeating: 0, count: 32))) == nil)
    }

    @Test("Each file is looked at once, and only when needed")
    func memory() throws {
        let asked = Mutex<[Picture]>([])
        let catalogue = PictureCatalogue { picture in
            asked.withLock { $0.append(picture) }
            return Array(repeating: UInt8(picture.description.utf8.count & 0xFF), count: 32)
        }
        let maker = WorkMaker(rows, catalogue: catalogue)
        for _ in 0..<3 { _ = try maker.pictures(of: [0]) }
        #expect(asked.withLock { $0.count } == 1)
    }

    @Test("An identifier of another size, and a picture that cannot be read, are refused")
    func refusals() throws {
        let short = WorkMaker(rows, catalogue: PictureCatalogue { _ in [1, 2, 3] })
        #expect(errorMessage { try short.pictures(of: [0]) } == "an image identifier has 3 bytes, expected 32")
        let work = try WorkMaker(rows, catalogue: catalogue).work(ofStretch: [[0]])
        let source = WorkSource(work.rows, layout: tiny.layout) { _ in Data("no picture".utf8) }
        let message = errorMessage { try source.batch(of: [0]) }
        #expect(message?.hasPrefix("image \(work.rows.pictures[0]): expected JPEG, PNG or WebP") == true)
    }
}
