import Foundation

/// What Pillow and transformers made of the pictures in Fixtures/images (see generate.py there).
struct ImageGoldens: Decodable {
    struct Picture: Decodable {
        let height: Int
        let width: Int
        let rgb: Data
        let onWhite: Data?
    }

    struct Resized: Decodable {
        let filter: Int
        let width: Int
        let height: Int
        let rgb: Data
    }

    struct Processed: Decodable {
        let name: String
        let configuration: String
        let height: Int
        let width: Int
        let values: Data

        var floats: [Float] {
            let words = stride(from: 0, to: values.count, by: 4).map { Array(values[$0..<$0 + 4]) }
            return words.map { Float(bitPattern: $0.reversed().reduce(0) { $0 << 8 | UInt32($1) }) }
        }
    }

    let files: [String: Picture]
    let resized: [Resized]
    let processed: [Processed]

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../Fixtures/images").standardizedFileURL

    static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    static func load() throws -> ImageGoldens {
        try JSONDecoder().decode(ImageGoldens.self, from: Data(contentsOf: file("goldens.json")))
    }
}

/// The largest difference between two runs of samples.
func largestDifference(_ left: [UInt8], _ right: Data) -> Int {
    guard left.count == right.count else { return .max }
    return zip(left, right).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
