import Foundation
import Models
import Tensors
import Testing

@Suite("What holds for every family that compares texts and pictures")
struct ContrastiveLawTests {
    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
        return all.filter { FileManager.default.fileExists(atPath: fixtures.appending(path: "\($0)/config.json").path) }
            .sorted()
    }()
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/clip").standardized

    private func model(
        _ name: String, _ customization: any ModelCustomization = NoCustomization()
    ) throws -> any ContrastiveModel {
        try ModelFolder(Self.fixtures.appending(path: name)).load(computing: .float32, customization: customization)
            .model.contrastive
    }

    private func pictures(_ model: any ContrastiveModel, _ count: Int) -> Tensor {
        var random = SplitMix64(seed: 5)
        let size = model.tile.height
        return Tensor(
            (0..<count * 3 * size * size).map { _ in Float(random.nextNormal()) }, shape: [count, 3, size, size])
    }

    /// Texts of several lengths, each with its end token where there is one.
    private func texts(_ model: any ContrastiveModel) -> [[Int32]] {
        let end = Int32(model.endToken ?? model.vocabularySize - 1)
        return [2, 5, 3].map { count in
            (0..<min(count, model.maximumTextLength - 1)).map { Int32(3 + $0) % end } + [end]
        }
    }

    @Test("There are checkpoints to try")
    func fixturesExist() { #expect(!Self.names.isEmpty) }

    @Test("A text has the embedding that it has alone, whatever is packed beside it", arguments: names)
    func packing(name: String) throws {
        let model = try model(name)
        let texts = texts(model)
        let ends = texts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
        let together = model.textEmbeddings(texts.flatMap(\.self), boundaries: ends)
        for (index, text) in texts.enumerated() {
            let alone = model.textEmbeddings(text, boundaries: [0, text.count])
            #expect(distance(together.rows(index..<index + 1), alone) < 1e-5)
        }
    }

    @Test("A picture has the embedding that it has alone, of length 1", arguments: names)
    func pictures(name: String) throws {
        let model = try model(name)
        let pixels = pictures(model, 3)
        let together = model.pictureEmbeddings(pixels)
        let size = pixels.count / 3
        for index in 0..<3 {
            let own = Tensor(
                Array(pixels.values[index * size..<(index + 1) * size]), shape: [1] + pixels.shape.dropFirst())
            #expect(distance(together.rows(index..<index + 1), model.pictureEmbeddings(own)) < 1e-5)
            let length = together.rows(index..<index + 1).values.reduce(0) { $0 + $1 * $1 }
            #expect(abs(length - 1) < 1e-5)
        }
    }

    @Test("What follows the end token has no effect on a text", arguments: names)
    func endToken(name: String) throws {
        let model = try model(name)
        let text = texts(model)[0]
        guard model.endToken != nil, text.count < model.maximumTextLength else { return }
        let longer = text + [4]
        let found = model.textEmbeddings(longer, boundaries: [0, longer.count])
        #expect(distance(found, model.textEmbeddings(text, boundaries: [0, text.count])) < 1e-5)
    }
}
