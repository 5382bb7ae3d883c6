import Foundation
import Testing

@testable import Models

/// The Swift side of Fixtures/images/compare.py, which sets the variable and compares what is written.
@Suite("ImageComparison")
struct ImageComparisonTests {
    static let folder = ProcessInfo.processInfo.environment["LORAD_IMAGE_COMPARISON"].map(URL.init(fileURLWithPath:))

    @Test("Pictures are processed for comparison", .enabled(if: folder != nil))
    func write() throws {
        let folder = try #require(Self.folder)
        let processors = try Self.contents(folder.appendingPathComponent("processors")).map {
            (name: $0.lastPathComponent, processor: try ImageProcessor(directory: $0))
        }
        for file in try Self.contents(folder.appendingPathComponent("in")) {
            let out = folder.appendingPathComponent("out/\(file.lastPathComponent)")
            try Self.write(out.appendingPathExtension("rgb")) { try Self.bytes(RGBImage(file: file)) }
            try Self.write(out.appendingPathExtension("white.rgb")) {
                try Self.bytes(RGBImage(file: file, alpha: .compositedOnWhite))
            }
            guard let image = try? RGBImage(file: file) else { continue }
            for (name, processor) in processors {
                try Self.write(out.appendingPathExtension("\(name).f32")) { try Self.bytes(processor(image)) }
            }
        }
    }

    private static func contents(_ folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    private static func write(_ file: URL, _ bytes: () throws -> Data) throws {
        do {
            try bytes().write(to: file)
        } catch let error as ModelError {
            try Data(error.description.utf8).write(to: file.deletingPathExtension().appendingPathExtension("error"))
        }
    }

    private static func bytes(_ image: RGBImage) -> Data {
        header(image.height, image.width) + Data(image.pixels)
    }

    private static func bytes(_ values: PixelValues) -> Data {
        header(values.height, values.width) + values.values.withUnsafeBytes { Data($0) }
    }

    private static func header(_ height: Int, _ width: Int) -> Data {
        [Int32(height), Int32(width)].withUnsafeBytes { Data($0) }
    }
}
