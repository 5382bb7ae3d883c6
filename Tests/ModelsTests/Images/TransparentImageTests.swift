import Foundation
import Testing

@testable import Models

/// What transformers made of images with transparency (see Fixtures/images/transparent.py).
private struct TransparentGolden: Decodable {
    let name: String
    let file: Data
    let kept: Data
    let converted: Data?
}

@Suite("Transparent images")
struct TransparentImageTests {
    private let goldens: [TransparentGolden]

    init() throws {
        goldens = try JSONDecoder().decode(
            [TransparentGolden].self, from: Data(contentsOf: ImageGoldens.file("transparent.json")))
    }

    private static func processor(_ type: String, _ more: String = "") throws -> ImageProcessor {
        let json = """
            {"image_processor_type": "\(type)", "do_resize": false, "do_center_crop": false, "do_rescale": false,
            "do_normalize": false\(more)}
            """
        return try ImageProcessor(configuration: Data(json.utf8), name: "preprocessor_config.json")
    }

    private static func samples(_ image: RGBImage, _ processor: ImageProcessor) throws -> [UInt8] {
        let values = try processor(image).values
        let size = image.width * image.height
        return (0..<size).flatMap { pixel in (0..<3).map { UInt8(values[$0 * size + pixel]) } }
    }

    @Test("are read as load_image reads them: the colour below transparency is kept")
    func kept() throws {
        for golden in goldens {
            let image = try RGBImage(data: golden.file, name: golden.name)
            #expect(largestDifference(image.pixels, golden.kept) == 0, "\(golden.name)")
        }
    }

    @Test("have their transparent colour on white after do_convert_rgb, and no other transparency")
    func converted() throws {
        let processor = try Self.processor("CLIPImageProcessor")
        for golden in goldens {
            let samples = try Self.samples(RGBImage(data: golden.file, name: golden.name), processor)
            #expect(largestDifference(samples, golden.converted ?? golden.kept) == 0, "\(golden.name)")
        }
        #expect(goldens.count { $0.converted != nil } > 30)
    }

    @Test("keep their colour where do_convert_rgb is off, which ViT's and DeiT's processors leave it unless told")
    func unconverted() throws {
        for golden in goldens where golden.converted != nil {
            let image = try RGBImage(data: golden.file, name: golden.name)
            let off = [
                try Self.processor("CLIPImageProcessor", #", "do_convert_rgb": false"#),
                try Self.processor("ViTImageProcessor"), try Self.processor("DeiTImageProcessor"),
            ]
            for processor in off { #expect(largestDifference(try Self.samples(image, processor), golden.kept) == 0) }
            let on = try Self.processor("ViTImageProcessor", #", "do_convert_rgb": true"#)
            #expect(try Self.samples(image, on) != Self.samples(image, off[0]))
        }
    }

    @Test("have a cache key of their own, so that features kept before are not taken; other images keep theirs")
    func cacheKeys() throws {
        let processor = try Self.processor("CLIPImageProcessor")
        for golden in goldens {
            let isMarked = processor.cacheKey(forImage: golden.file) != processor.cacheKey
            if golden.converted != nil { #expect(isMarked, "\(golden.name)") }
            if golden.name.contains("alpha") { #expect(!isMarked, "\(golden.name)") }
        }
        let jpeg = try Data(contentsOf: ImageGoldens.file("420.jpg"))
        #expect(processor.cacheKey(forImage: jpeg) == processor.cacheKey)
    }

    @Test("that are cut anywhere are refused or read, never trapped on")
    func cut() throws {
        let golden = try #require(goldens.first { $0.name.hasPrefix("palette second") })
        for count in 0..<golden.file.count {
            _ = try? RGBImage(data: golden.file.prefix(count), name: "cut")
            _ = PNGTransparentColour.find(in: golden.file.prefix(count))
        }
        #expect(PNGTransparentColour.find(in: golden.file) == RGBColour(red: 9, green: 9, blue: 9))
    }
}
