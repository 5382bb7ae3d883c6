import Foundation
import Tensors
import Testing

@testable import Models

@Suite("Idefics3's image processor") struct Idefics3ImageProcessorTests {
    /// What `Idefics3ImageProcessorPil` makes of images (Fixtures/idefics3/generate.py).
    private struct Golden: Decodable {
        var settings: [String: JSONValueText]
        var grids: [String: [Int]]
        var plans: [String: [Int]]
    }

    /// A JSON object as its text.
    private struct JSONValueText: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let values = try container.decode([String: Value].self)
            text = "{" + values.map { "\"\($0)\": \($1.text)" }.joined(separator: ", ") + "}"
        }
    }

    /// What a setting of a processor can be.
    private enum Value: Decodable {
        case flag(Bool)
        case number(Double)
        case numbers([Double])
        case edges([String: Int])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) { self = .flag(flag); return }
            if let number = try? container.decode(Double.self) { self = .number(number); return }
            if let numbers = try? container.decode([Double].self) { self = .numbers(numbers); return }
            self = .edges(try container.decode([String: Int].self))
        }

        var text: String {
            switch self {
            case .flag(let flag): "\(flag)"
            case .number(let number): number == number.rounded() ? "\(Int(number))" : "\(number)"
            case .numbers(let numbers): "\(numbers)"
            case .edges(let edges): "{" + edges.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
            }
        }
    }

    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized

    private static func golden() throws -> Golden {
        try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: fixtures.appending(path: "idefics3/processor/golden.json")))
    }

    private static func processor(_ settings: String) throws -> Idefics3ImageProcessor {
        let type = #""image_processor_type": "SmolVLMImageProcessorFast""#
        let json = settings == "{}" ? "{\(type)}" : "{\(type), " + settings.dropFirst()
        return try Idefics3ImageProcessor(
            ImageProcessorConfiguration(json: Data(json.utf8), name: "preprocessor_config.json"))
    }

    @Test(
        "makes the tiles that the Pillow-backed processor makes, to the last bit of a pixel",
        arguments: ["plain", "whole", "exact", "unsized", "small"])
    func tiles(name: String) throws {
        let golden = try Self.golden()
        let tensors = try SafetensorsFile(
            path: Self.fixtures.appending(path: "idefics3/processor/golden.safetensors").path)
        let processor = try Self.processor(#require(golden.settings[name]).text)
        var count = 0
        for (key, grid) in golden.grids where key.hasPrefix(name + ".") {
            let file = String(key.dropFirst(name.count + 1))
            let image = try RGBImage(file: Self.fixtures.appending(path: "images/\(file)"))
            let found = try processor.grid(width: image.width, height: image.height)
            #expect([found.rows, found.columns] == grid, "\(key)")
            let tiles = try processor(image)
            let expected = try #require(tensors[key])
            #expect(expected.shape == [tiles.count, 3, tiles[0].height, tiles[0].width], "\(key)")
            let values = tiles.flatMap(\.values)
            let apart = zip(values, expected.values).map { abs($0 - $1) }.max() ?? .infinity
            #expect(apart < 1e-6, "\(key)")
            count += 1
        }
        #expect(count == 3)
    }

    @Test("cuts images of any proportions into as many tiles as the reference")
    func grids() throws {
        let plans = try Self.golden().plans
        #expect(plans.count == 36)
        for (key, expected) in plans {
            let parts = key.split(separator: "/")
            let size = parts[2].split(separator: "x").compactMap { Int($0) }
            let processor = try Self.processor(
                #"{"size": {"longest_edge": \#(parts[0])}, "max_image_size": {"longest_edge": \#(parts[1])}}"#)
            let found = try processor.grid(width: size[0], height: size[1])
            #expect([found.rows, found.columns] == expected, "\(key)")
            #expect(max(found.rows, found.columns) <= processor.mostTilesAlongEdge, "\(key)")
        }
    }

    @Test(
        "refuses what it does not compute, by key",
        arguments: [
            (#"{"size": {"shortest_edge": 3}}"#, "size"), (#"{"max_image_size": 364}"#, "max_image_size"),
            (#"{"do_center_crop": true, "do_thumbnail": true}"#, "do_thumbnail"),
            (#"{"max_image_size": {"height": 4, "width": 4}}"#, "max_image_size"),
        ])
    func refusals(settings: String, key: String) throws {
        let error = #expect(throws: ModelError.self) { try Self.processor(settings) }
        #expect(error?.message.contains(key) == true, "\(String(describing: error))")
    }

    @Test("has another cache key for every setting that changes pixels")
    func cacheKeys() throws {
        let settings = [
            "{}", #"{"size": {"longest_edge": 728}}"#, #"{"max_image_size": {"longest_edge": 512}}"#,
            #"{"do_image_splitting": false}"#, #"{"do_resize": false}"#, #"{"resample": 3}"#, #"{"image_mean": 0.4}"#,
            #"{"size": {"height": 728, "width": 728}}"#,
        ]
        let keys = try settings.map { try Self.processor($0).cacheKey }
        #expect(Set(keys).count == settings.count)
    }
}
