import Foundation
import Testing

@testable import Models

@Suite("Image resampling")
struct ImageResamplingTests {
    let scene: RGBImage
    let goldens: ImageGoldens

    init() throws {
        goldens = try ImageGoldens.load()
        scene = try RGBImage(file: ImageGoldens.file("scene.png"))
    }

    @Test("Every filter gives Pillow's bytes, larger, smaller and along one axis", arguments: ResampleFilter.allCases)
    func filters(filter: ResampleFilter) throws {
        let cases = goldens.resized.filter { $0.filter == filter.rawValue }
        #expect(!cases.isEmpty)
        for golden in cases {
            let image = scene.resized(width: golden.width, height: golden.height, filter: filter)
            #expect(largestDifference(image.pixels, golden.rgb) == 0, "\(golden.width)×\(golden.height)")
        }
    }

    @Test("A part of a resized picture equals the same part of the whole", arguments: ResampleFilter.allCases)
    func parts(filter: ResampleFilter) {
        for (width, height) in [(50, 60), (20, 5), (90, 11), (37, 23)] {
            let whole = scene.resized(width: width, height: height, filter: filter)
            let columns = 3..<width - 4
            let rows = 1..<height - 2
            let part = scene.resized(width: width, height: height, filter: filter, columns: columns, rows: rows)
            let expected = rows.flatMap { whole.pixels[3 * ($0 * width + 3)..<3 * ($0 * width + width - 4)] }
            #expect(part.pixels == expected, "\(width)×\(height)")
        }
    }

    @Test("One colour stays that colour at any size", arguments: ResampleFilter.allCases)
    func constant(filter: ResampleFilter) {
        for (width, height) in [(1, 1), (1, 9), (40, 3), (7, 200)] {
            let size = 3 * width * height
            let plain = RGBImage(width: width, height: height, pixels: [UInt8](repeating: 201, count: size))
            #expect(plain.resized(width: 13, height: 17, filter: filter).pixels.allSatisfy { $0 == 201 })
        }
    }

    @Test("Turning by an orientation and by its inverse gives the picture back")
    func orientations() {
        let inverse: [ImageOrientation: ImageOrientation] = [
            .needsClockwiseTurn: .needsCounterclockwiseTurn, .needsCounterclockwiseTurn: .needsClockwiseTurn,
        ]
        for orientation in ImageOrientation.allCases {
            #expect(scene.turned(orientation).turned(inverse[orientation] ?? orientation) == scene, "\(orientation)")
        }
    }
}
