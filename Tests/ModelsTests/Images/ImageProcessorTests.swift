import Foundation
import Testing

@testable import Models

@Suite("Image processor")
struct ImageProcessorTests {
    let scene: RGBImage

    init() throws { scene = try RGBImage(file: ImageGoldens.file("scene.png")) }

    private func processor(_ json: String) throws -> ImageProcessor {
        try ImageProcessor(configuration: Data(json.utf8), name: "preprocessor_config.json")
    }

    private func refusal(_ json: String) throws -> ModelError {
        try #require(throws: ModelError.self) { try processor(json) }
    }

    @Test("Every dialect of configuration gives the pixel values of transformers")
    func goldens() throws {
        for golden in try ImageGoldens.load().processed {
            let values = try processor(golden.configuration)(scene)
            #expect(values.height == golden.height && values.width == golden.width, "\(golden.name)")
            let size = try processor(golden.configuration).outputSize(width: scene.width, height: scene.height)
            #expect(size.height == golden.height && size.width == golden.width, "\(golden.name)")
            let largest = zip(values.values, golden.floats).map { abs($0 - $1) }.max() ?? .infinity
            #expect(largest <= 1e-6, "\(golden.name)")
        }
    }

    @Test("A composite configuration nests the same keys")
    func composite() throws {
        let inner = #"{"image_processor_type": "SiglipImageProcessor", "size": [30, 40]}"#
        let outer = #"{"image_processor": \#(inner), "processor_class": "X"}"#
        #expect(try processor(outer) == processor(inner))
        #expect(try processor(inner).resize == .exact(height: 30, width: 40))
    }

    @Test("A folder's composite configuration wins, and a legacy one without pictures is passed over")
    func folders() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(throws: ModelError.self) { try ImageProcessor(directory: folder) }
        func write(_ name: String, _ json: String) throws {
            try Data(json.utf8).write(to: folder.appendingPathComponent(name))
        }
        try write("preprocessor_config.json", #"{"image_processor_type": "CLIPImageProcessor"}"#)
        try write("processor_config.json", #"{"patch_size": 14}"#)
        #expect(try ImageProcessor(directory: folder).outputSize ?? (0, 0) == (224, 224))
        try write("processor_config.json", #"{"image_processor": {"image_processor_type": "BlipImageProcessor"}}"#)
        #expect(try ImageProcessor(directory: folder).outputSize ?? (0, 0) == (384, 384))
    }

    @Test(
        "What is not supported or wrong is refused by its key",
        arguments: [
            (#"{"image_processor_type": "Qwen2VLImageProcessor"}"#, "Qwen2VLImageProcessor"),
            (#"{"size": 224}"#, "image_processor_type"),
            (#"{"image_processor_type": "CLIPImageProcessor", "do_pad": true}"#, "do_pad"),
            (#"{"image_processor_type": "CLIPImageProcessor", "do_image_splitting": true}"#, "do_image_splitting"),
            (#"{"image_processor_type": "CLIPImageProcessor", "size": {"longest_edge": 3}}"#, "size"),
            (#"{"image_processor_type": "CLIPImageProcessor", "size": 0}"#, "size"),
            (#"{"image_processor_type": "CLIPImageProcessor", "size": 1e300}"#, "size"),
            (#"{"image_processor_type": "CLIPImageProcessor", "crop_size": {"shortest_edge": 3}}"#, "crop_size"),
            (#"{"image_processor_type": "SiglipImageProcessor", "do_center_crop": true}"#, "do_center_crop"),
            (#"{"image_processor_type": "CLIPImageProcessor", "resample": 7}"#, "resample"),
            (#"{"image_processor_type": "CLIPImageProcessor", "image_mean": [0.5, 0.5]}"#, "image_mean"),
            (#"{"image_processor_type": "CLIPImageProcessor", "image_std": 0}"#, "image_std"),
            (#"{"image_processor_type": "CLIPImageProcessor", "do_resize": 1}"#, "do_resize"),
            (#"{"image_processor_type": "CLIPImageProcessor", "data_format": "channels_last"}"#, "data_format"),
            (#"["not", "an", "object"]"#, "preprocessor_config.json"),
        ])
    func refusals(json: String, key: String) throws {
        #expect(try refusal(json).description.contains(key))
    }

    @Test("Proportions that leave nothing or explode are refused, not computed")
    func extremes() throws {
        let thin = RGBImage(width: 1, height: 60_000, pixels: [UInt8](repeating: 9, count: 180_000))
        let edge = #"{"image_processor_type": "CLIPImageProcessor", "size": 336"#
        #expect(try processor(edge + "}")(thin).values.count == 3 * 224 * 224)
        let whole = try processor(edge + #", "do_center_crop": false}"#)
        #expect(throws: ModelError.self) { try whole(thin) }
        let padded = try processor(#"{"image_processor_type": "LlavaImageProcessor", "do_pad": true}"#)
        #expect(throws: ModelError.self) { try padded(thin) }
        var bounded = ImageProcessor()
        bounded.resize = .edges(shortest: 10, longest: 20)
        #expect(throws: ModelError.self) { try bounded(thin) }
    }

    @Test("The cache key tells processors apart")
    func cacheKey() throws {
        let clip = try processor(#"{"image_processor_type": "CLIPImageProcessor"}"#)
        #expect(
            clip.cacheKey == "pixels-v1;resize=shortest:224/bicubic;crop=224x224;rescale=0.00392156862745098;"
                + "normalize=0.48145466,0.4578275,0.40821073/0.26862954,0.26130258,0.27577711")
        var other = clip
        other.squarePadding = RGBColour(red: 1, green: 2, blue: 3)
        #expect(other.cacheKey != clip.cacheKey)
    }
}
