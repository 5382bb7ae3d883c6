import Foundation
import Testing

@testable import Models

@Suite("Image decoding")
struct ImageDecodingTests {
    let goldens: ImageGoldens

    init() throws { goldens = try ImageGoldens.load() }

    @Test("Every kind of PNG and WebP decodes to Pillow's bytes", arguments: [".png", ".webp"])
    func exact(suffix: String) throws {
        for (name, golden) in goldens.files where name.hasSuffix(suffix) {
            let image = try RGBImage(file: ImageGoldens.file(name))
            #expect(image.width == golden.width && image.height == golden.height, "\(name)")
            #expect(largestDifference(image.pixels, golden.rgb) == 0, "\(name)")
        }
    }

    @Test("Every kind of JPEG decodes to Pillow's pixels within a decoder's rounding")
    func jpeg() throws {
        for (name, golden) in goldens.files where name.hasSuffix(".jpg") {
            let image = try RGBImage(file: ImageGoldens.file(name))
            #expect(image.width == golden.width && image.height == golden.height, "\(name)")
            #expect(largestDifference(image.pixels, golden.rgb) <= 2, "\(name)")
        }
    }

    @Test("Transparency laid on white equals do_convert_rgb of transformers")
    func onWhite() throws {
        for (name, golden) in goldens.files where !name.hasSuffix(".jpg") {
            let image = try RGBImage(file: ImageGoldens.file(name), alpha: .compositedOnWhite)
            #expect(largestDifference(image.pixels, golden.onWhite ?? golden.rgb) == 0, "\(name)")
        }
        #expect(goldens.files.values.contains { $0.onWhite != nil })
    }

    @Test("The header alone tells the size of the upright picture")
    func size() throws {
        for (name, golden) in goldens.files {
            let size = try RGBImage.size(of: ImageGoldens.file(name))
            #expect(size == (golden.width, golden.height), "\(name)")
        }
    }

    @Test("A picture in memory decodes as the file does, from a slice too")
    func memory() throws {
        let file = ImageGoldens.file("420.jpg")
        let slice = (Data([1, 2, 3]) + (try Data(contentsOf: file)))[3...]
        #expect(try RGBImage(data: slice, name: "slice") == RGBImage(file: file))
    }

    @Test("A picture that is a part of a file decodes as the file of its own does")
    func part() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["420.jpg", "rgba-8.png", "oriented-exif.webp"] {
            let file = ImageGoldens.file(name)
            let whole = try Data(contentsOf: file)
            try (Data(repeating: 9, count: 700) + whole + Data(repeating: 9, count: 5_000)).write(to: folder)
            let part = 700..<700 + whole.count
            #expect(try RGBImage(file: folder, part: part, name: "part") == RGBImage(file: file))
            #expect(try RGBImage.size(of: folder, part: part) == RGBImage.size(of: file))
            let error = #expect(throws: ModelError.self) {
                try RGBImage(file: folder, part: 6_000 + whole.count..<6_001 + whole.count, name: "x: part")
            }
            #expect(error?.message.hasPrefix("x: part: ") == true)
        }
    }

    @Test("The format is told by the content, not by the extension")
    func misnamed() throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).jpg")
        defer { try? FileManager.default.removeItem(at: copy) }
        try FileManager.default.copyItem(at: ImageGoldens.file("rgba-8.png"), to: copy)
        #expect(try RGBImage(file: copy) == RGBImage(file: ImageGoldens.file("rgba-8.png")))
    }

    @Test("XMP tells the orientation where EXIF does not", arguments: ["=\"6\"", ">6<"])
    func xmp(value: String) throws {
        var metadata = OrientationMetadata()
        metadata.add(app1: Array("http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation\(value)/>".utf8))
        #expect(metadata.orientation == .needsClockwiseTurn)
        metadata.add(exif: [0x49, 0x49, 0x2A, 0])
        #expect(metadata.orientation == .needsClockwiseTurn)
    }

    @Test(
        "PNG tells the orientation in ImageMagick's profiles and compressed XMP, too",
        arguments: [
            "AAAAUnpUWHRSYXcgcHJvZmlsZSB0eXBlIGV4aWYAAHic40qtyEzjUgADYyMuE1NzCzNLMzMDIDBJMUkxMDBKNIAACyA2NDA0NALSxlAxQyA2M0ACXACbLg/n/Ex+/w==",
            "AAAAZnRFWHRSYXcgcHJvZmlsZSB0eXBlIGV4aWYACmV4aWYKICAgICAgMzIKNDU3ODY5NjYwMDAwNGQ0ZDAwMmEwMDAwMDAwODAwMDEwMTEyMDAwMzAwMDAwMDAxMDAwNjAwMDAwMDAwMDAwMAoHkIJO",
            "AAAAN2lUWHRYTUw6Y29tLmFkb2JlLnhtcAABAAAAeJyzqVAoyUxLs/IvykzNK0ksyczPs1UyU9K3AwB0KghoVEzXXA==",
        ])
    func pngTexts(chunk: String) throws {
        let whole = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNgYAAAAAMAAbitOmMAAAAASUVORK5CYII="
        var png = try #require(Data(base64Encoded: whole))
        #expect(try RGBImage.size(of: png, name: "x") == (2, 1))
        png.insert(contentsOf: try #require(Data(base64Encoded: chunk)), at: 33)
        #expect(try RGBImage.size(of: png, name: "x") == (1, 2))
    }
}
