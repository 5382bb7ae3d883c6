import Foundation
import Testing

@testable import Models

/// The same sequence at every run (Knuth's linear congruential generator, high half).
private struct RepeatableRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        func step() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 32
        }
        return step() << 32 | step()
    }
}

@Suite("Image refusals")
struct ImageRefusalTests {
    static let names = [
        "420.jpg", "progressive.jpg", "oriented-6.jpg", "scene.png", "interlaced.png", "palette-4.png",
        "lossy.webp", "lossless-alpha.webp", "oriented-exif.webp", "ycck.jpg",
    ]

    static func bytes(_ name: String) throws -> Data { try Data(contentsOf: ImageGoldens.file(name)) }

    /// The error of decoding `data`, which must be one.
    private func refusal(_ data: Data, limits: ImageLimits = ImageLimits()) throws -> ModelError {
        try #require(throws: ModelError.self) { try RGBImage(data: data, name: "cat.jpg", limits: limits) }
    }

    @Test("A truncated picture is refused with its name", arguments: names)
    func truncated(name: String) throws {
        let whole = try Self.bytes(name)
        for count in stride(from: 3, to: whole.count - 16, by: max(1, whole.count / 40)) {
            let error = try refusal(whole.prefix(count))
            #expect(error.description.contains("cat.jpg"), "\(count) bytes")
        }
    }

    @Test("A JPEG without its end mark is refused")
    func noEndMark() throws {
        #expect(try refusal(Self.bytes("420.jpg").dropLast(2)).description.contains("truncated"))
    }

    @Test("Stray bytes after a JPEG's end and before a marker are forgiven")
    func strayBytes() throws {
        let whole = try Self.bytes("420.jpg")
        let image = try RGBImage(data: whole, name: "whole")
        #expect(try RGBImage(data: whole + Data(repeating: 7, count: 100), name: "longer") == image)
        let stuffed = whole.prefix(2) + Data([1, 2, 3]) + whole.dropFirst(2)
        #expect(throws: ModelError.self) { try RGBImage(data: stuffed, name: "not a JPEG by its first bytes") }
    }

    @Test("An empty file, text and other formats are refused with what to do")
    func otherFormats() throws {
        #expect(try refusal(Data()).description.contains("empty"))
        #expect(try refusal(Data("hello".utf8)).code == .unsupported)
        #expect(try refusal(Data("GIF89a......".utf8)).description.contains("GIF"))
        #expect(try refusal(Data("BM....".utf8)).description.contains("a BMP file; convert it to PNG"))
        #expect(try refusal(Data("RIFF....WAVEfmt ".utf8)).code == .unsupported)
        #expect(try refusal(Self.bytes("animated.webp")).description.contains("an animated WebP"))
    }

    @Test("A missing file and a folder are refused by path")
    func missing() throws {
        let missing = URL(fileURLWithPath: "/nowhere/cat.jpg")
        let error = try #require(throws: ModelError.self) { try RGBImage(file: missing) }
        #expect(error.code == .fileNotFound && error.description.contains("/nowhere/cat.jpg"))
        #expect(throws: ModelError.self) { try RGBImage.size(of: ImageGoldens.folder) }
    }

    @Test("A decompression bomb is refused by its header")
    func bomb() throws {
        var png = try Self.bytes("scene.png")
        png.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
        #expect(try refusal(png).description.contains("65536×65536"))
        var jpeg = try Self.bytes("420.jpg")
        let frame = try #require(jpeg.range(of: Data([0xFF, 0xC0])))
        jpeg.replaceSubrange(frame.upperBound + 3..<frame.upperBound + 7, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(try refusal(jpeg).code == .invalidInput)
        var webp = try Self.bytes("lossy.webp")
        webp.replaceSubrange(26..<30, with: [0xFF, 0x3F, 0xFF, 0x3F])
        #expect(try refusal(webp).description.contains("16383×16383"))
    }

    @Test("A WebP whose canvas is not that of its picture is refused")
    func canvas() throws {
        var webp = try Self.bytes("oriented-exif.webp")
        webp[24] ^= 1
        #expect(try refusal(webp).description.contains("damaged header"))
    }

    @Test("Limits are configurable")
    func limits() throws {
        let data = try Self.bytes("scene.png")
        #expect(try refusal(data, limits: ImageLimits(pixels: 37 * 23 - 1)).description.contains("37×23"))
        #expect(try RGBImage(data: data, name: "scene", limits: ImageLimits(pixels: 37 * 23)).width == 37)
        let small = ImageLimits(fileBytes: 100)
        #expect(throws: ModelError.self) { try RGBImage(file: ImageGoldens.file("scene.png"), limits: small) }
    }

    @Test("A picture of zero pixels is refused")
    func zero() throws {
        var png = try Self.bytes("scene.png")
        png.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        #expect(try refusal(png).code == .corruptFile)
    }

    @Test("No damage traps: every byte of a file may be anything", arguments: names)
    func fuzz(name: String) throws {
        var random = RepeatableRandom(state: 1)
        let whole = try Self.bytes(name)
        for _ in 0..<400 {
            var data = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? RGBImage(data: data, name: name, limits: ImageLimits(pixels: 100_000))
        }
    }
}
