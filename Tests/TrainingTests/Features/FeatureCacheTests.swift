import Adapters
import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Kept features of pictures")
struct FeatureCacheTests {
    private let folder: TemporaryFolder
    private let tiny: TinyLlava
    private let source: ConversationSource
    private var kept: URL { URL(filePath: folder.path).appending(path: "features") }

    init() throws {
        folder = try TemporaryFolder()
        tiny = try TinyLlava(factors: .pattern(#".*language_model.*\.q_proj"#))
        source = ConversationSource(
            try tiny.rows(sentences: [1, 2, 1, 3], in: folder), layout: tiny.layout)
    }

    private func cached(limit: Int = 1 << 30, computing type: DType = .float32) throws -> ConversationSource {
        let models = try ModelFolder(TinyLlava.folder.appending(path: "model"))
        let configuration = try Data(contentsOf: models.url.appending(path: "config.json"))
        let layers = try #require(
            FeatureCache.Layers(of: tiny.model, models.checkpoint, configuration: configuration, computing: type))
        var result = source
        result.features = try FeatureCache(
            folder: kept, limit: limit, layers: layers, layout: tiny.layout)
        return result
    }

    private func losses(_ source: ConversationSource) throws -> [Float] {
        try (0..<source.count).map { row in
            let batch = try source.batch(of: [row])
            return Tensor.withoutGraph { tiny.model.loss(batch) }.values[0]
        }
    }

    private func counts(_ source: ConversationSource) -> [Int] {
        let counts = source.features?.statistics ?? (found: 0, computed: 0)
        return [counts.found, counts.computed]
    }

    @Test("They give the losses of the pictures, and are found again by another run")
    func reuse() throws {
        let plain = try losses(source)
        let first = try cached()
        let fresh = try losses(first)
        #expect(zip(plain, fresh).allSatisfy { abs($0 - $1) < 1e-5 * abs($0) })
        #expect(counts(first) == [1, 2])

        let second = try cached()
        #expect(try losses(second) == fresh)
        #expect(counts(second)[1] == 0 && counts(second)[0] > 0)
    }

    @Test("Products of another type are other features")
    func type() throws {
        _ = try losses(cached())
        let other = try cached(computing: .bfloat16)
        _ = try losses(other)
        #expect(counts(other)[1] == 2)
    }

    @Test("A damaged file is computed again")
    func damage() throws {
        let first = try losses(cached())
        let files = try FileManager.default.subpathsOfDirectory(atPath: kept.path)
        for file in files where file.hasSuffix(".safetensors") {
            try Data("damaged".utf8).write(to: kept.appending(path: file))
        }
        let again = try cached()
        #expect(try losses(again) == first)
        #expect(counts(again)[1] == 2)
    }

    @Test("The folder stays within its limit")
    func limit() throws {
        _ = try losses(cached(limit: 1))
        let files = try FileManager.default.subpathsOfDirectory(atPath: kept.path)
        #expect(files.count { $0.hasSuffix(".safetensors") } == 0)
    }

    @Test("Layers that train have none")
    func training() throws {
        let all = try TinyLlava(factors: .pattern(#".*vision_tower.*\.q_proj"#))
        let checkpoint = try ModelFolder(TinyLlava.folder.appending(path: "model")).checkpoint
        #expect(FeatureCache.Layers(of: all.model, checkpoint, configuration: Data(), computing: .float32) == nil)
        #expect(all.model.frozenFeatures(Tensor(zeros: [1, 3, 24, 24])) == nil)
    }
}
