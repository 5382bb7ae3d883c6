import Foundation
import Models
import Tensors
import Testing

@testable import Demonstration

@Suite("Pictures that are drawn")
struct PictureDatasetTests {
    @Test("are the same each time, and others for another seed", arguments: Domain.all)
    func repeatable(_ domain: Domain) {
        func samples(_ seed: UInt64) -> [[UInt8]] {
            let dataset = PictureDataset(domain, count: 3, seed: seed)
            return (0..<3).map { index in
                var (row, random) = dataset.row(index)
                return SceneRenderer(domain).pixels(of: row.scene, using: &random)
            }
        }
        #expect(samples(1) == samples(1))
        #expect(Set(samples(1)).count == 3)
        #expect(samples(1) != samples(2))
    }

    @Test("show the colour of a thing at its centre", arguments: Domain.all)
    func colours(_ domain: Domain) {
        let dataset = PictureDataset(domain, count: 200, seed: 3)
        for index in 0..<dataset.count {
            var (row, random) = dataset.row(index)
            let renderer = SceneRenderer(domain)
            let pixels = renderer.pixels(of: row.scene, using: &random)
            for thing in row.scene.things {
                let side = Double(renderer.size) / 2
                let x = Int(side * (Double(thing.place.rawValue % 2) + 0.5 + thing.offset.x))
                let y = Int(side * (Double(thing.place.rawValue / 2) + 0.5 + thing.offset.y))
                let pixel = (0..<3).map { Double(pixels[3 * (y * renderer.size + x) + $0]) }
                for (found, expected) in zip(pixel, thing.colour.samples) {
                    #expect(abs(found - expected) <= 6 * domain.grain + 1, "\(thing)")
                }
            }
        }
    }

    @Test("have smoothed edges: as much ink as the shape has area", arguments: Shape.allCases)
    func coverage(_ shape: Shape) {
        // Counted on a fine grid, and as pixels of a picture show it.
        let radius = 9.0
        func ink(_ spacing: Double, _ cover: (Double) -> Double) -> Double {
            var sum = 0.0
            for x in stride(from: -16 + spacing / 2, to: 16, by: spacing) {
                for y in stride(from: -16 + spacing / 2, to: 16, by: spacing) {
                    sum += cover(radius * shape.distance(x / radius, y / radius)) * spacing * spacing
                }
            }
            return sum
        }
        let area = ink(0.05) { $0 < 0 ? 1 : 0 }
        let drawn = ink(1) { max(0, min(1, 0.5 - $0)) }
        #expect(abs(drawn - area) < 0.05 * area, "\(drawn), \(area)")
    }

    @Test("are asked what they answer in one way only", arguments: Domain.all)
    func answers(_ domain: Domain) {
        let dataset = PictureDataset(domain, count: 500, questionsPerPicture: 7, seed: 5)
        var kinds: Set<String> = []
        for index in 0..<dataset.count {
            let (row, _) = dataset.row(index)
            for question in row.questions {
                #expect(
                    Reader(things: row.scene.things, ground: row.scene.ground).answers(question.text) == [
                        question.answer
                    ], "\(question)")
                kinds.insert(question.text.split(separator: " ").prefix(3).joined(separator: " "))
            }
        }
        #expect(kinds.count == domain.questions.count)
    }

    /// Answers questions from their words, and not as they were made.
    private struct Reader {
        let things: [Scene.Thing]
        let ground: Double

        func answers(_ text: String) -> Set<String> {
            if text.hasPrefix("How light") { return [ground < 105 ? "dark" : ground > 135 ? "pale" : "grey"] }
            let words = text.dropLast().split(separator: " ").map(String.init)
            if text.hasPrefix("How many corners") {
                let meant = things.filter { $0.colour.name == words[5] }
                let corners = ["circle": "none", "square": "four", "triangle": "three", "star": "ten"]
                return Set(meant.compactMap { corners[$0.shape.rawValue] })
            }
            if text.hasPrefix("How many") { return [["one", "two", "three", "four"][things.count - 1]] }
            if text.hasPrefix("Is there") {
                return [things.contains { $0.colour.name == words[3] && $0.shape.rawValue == words[4] } ? "yes" : "no"]
            }
            if text.hasPrefix("What is at the") {
                let there = things.filter { $0.place.name == words.suffix(2).joined(separator: " ") }
                return Set(there.map { "a \($0.colour.name) \($0.shape.rawValue)" })
            }
            if text.hasPrefix("What shape") {
                return Set(things.filter { $0.colour.name == words[4] }.map(\.shape.rawValue))
            }
            let meant = things.filter { $0.shape.rawValue == words.last }
            switch words.prefix(2).joined(separator: " ") {
            case "Where is": return Set(meant.map(\.place.name))
            case "What colour": return Set(meant.map(\.colour.name))
            default: return []
            }
        }
    }

    @Test("are written as LLaVA rows with PNG files that read back")
    func writing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let dataset = PictureDataset(.dusk, count: 4, questionsPerPicture: 2, seed: 7)
        try dataset.write(to: folder, name: "test")
        struct Row: Decodable {
            var image: String
            var conversations: [[String: String]]
        }
        let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appending(path: "test.json")))
        #expect(rows.count == 4)
        for (index, row) in rows.enumerated() {
            var (drawn, random) = dataset.row(index)
            let picture = try RGBImage(file: folder.appending(path: row.image))
            #expect(picture.pixels == SceneRenderer(.dusk).pixels(of: drawn.scene, using: &random))
            #expect(
                row.conversations.map { $0["value"] }
                    == drawn.questions.enumerated().flatMap {
                        [($0 == 0 ? "<image>\n" : "") + $1.text, $1.answer]
                    })
        }
    }
}
