import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Work on images of several tiles") struct TiledWorkTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized

    private let model: any GenerativeModel
    private let layout: any ImageLayout
    private let picture: PictureID

    init() throws {
        model = try ModelFolder(Self.fixtures.appending(path: "idefics3/idefics3-one-tile")).load(computing: .float32)
            .model.generative
        layout = try model.imageLayout(Self.fixtures.appending(path: "idefics3/processor"))
        picture = try PictureID(Array(repeating: 7, count: PictureID.byteCount))
    }

    private func source(imageTokens count: Int) -> WorkSource {
        let ids = [1] + Array(repeating: Int32(model.imageToken), count: count) + [5, 6]
        let labels = ids.map { $0 == 6 ? $0 : PackedBatch.unsupervised }
        let rows = WorkRows([WorkExample(ids: ids, labels: labels, pictures: [picture])])
        return WorkSource(rows, layout: layout) { _ in
            try Data(contentsOf: Self.fixtures.appending(path: "images/scene.png"))
        }
    }

    private var featureCount: Int {
        get throws {
            let image = try RGBImage(file: Self.fixtures.appending(path: "images/scene.png"))
            return try layout.plan(width: image.width, height: image.height).featureCount
        }
    }

    @Test("gives the model as many rows of features as the row has image tokens")
    func batch() throws {
        let batch = try source(imageTokens: featureCount).batch(of: [0])
        #expect(try model.featureCount(of: batch.images[0]) == featureCount)
        #expect(batch.images[0].shape[0] > 1)
        #expect(Tensor.withoutGraph { model.loss(batch) }.values[0].isFinite)
    }

    @Test("is refused where a row's image tokens do not fit the image", arguments: [-4, 4])
    func mismatch(difference: Int) throws {
        let source = source(imageTokens: try featureCount + difference)
        let error = #expect(throws: TrainingError.self) { try source.batch(of: [0]) }
        #expect(error?.code == .invalidWork)
        #expect(error?.message.contains("expected \(try featureCount) for its 1 images") == true)
    }

    @Test("has limits that leave the number of tiles open, and none of the tokens of a tile")
    func limits() throws {
        let limits = WorkLimits(model: model, maxLength: 128)
        #expect(limits.imageTokens.lowerBound == 4 && limits.imageTokens.upperBound > 1 << 40)
    }
}
