public import Foundation
import Models
import Tensors

/// Images with questions and answers, in LLaVA's format.
public struct PictureDataset: Sendable {
    /// The world that the images are of.
    public let domain: Domain
    /// How many images.
    public let count: Int
    /// How many questions are asked about each image, at most: some scenes have no answer to some kinds.
    public let questionsPerPicture: Int
    /// What chance depends on.
    public let seed: UInt64

    /// A dataset; the same parameters give the same bytes.
    public init(_ domain: Domain, count: Int, questionsPerPicture: Int = 1, seed: UInt64) {
        (self.domain, self.count, self.questionsPerPicture, self.seed) = (domain, count, questionsPerPicture, seed)
    }

    /// An image with its questions, each of a kind of its own, in random order.
    struct Row {
        let scene: Scene
        let questions: [Question]
    }

    /// Row i, and the generator that draws its image.
    func row(_ index: Int) -> (row: Row, random: SplitMix64) {
        var random = SplitMix64(seed: seed ^ SplitMix64.hash(domain.name), stream: UInt64(index))
        while true {
            let scene = Scene(domain, using: &random)
            let kinds = random.permutation(domain.questions.count).map { domain.questions[$0] }
            let questions = kinds.lazy.compactMap { $0.ask(scene, of: domain, using: &random) }
            let asked = Array(questions.prefix(questionsPerPicture))
            if !asked.isEmpty { return (Row(scene: scene, questions: asked), random) }
        }
    }

    /// Writes `NAME.json` and the folder `NAME-pictures` into a folder; images that were there are replaced.
    ///
    /// - Throws: What writing a file throws; no file of that name is then there.
    public func write(to folder: URL, name: String) throws {
        let files = FileManager.default
        let pictures = folder.appending(path: "\(name)-pictures")
        let partial = folder.appending(path: "\(name)-pictures.partial")
        try? files.removeItem(at: partial)
        try files.createDirectory(at: partial, withIntermediateDirectories: true)
        let renderer = SceneRenderer(domain)
        let rows = try (0..<count).map { index in
            var (row, random) = row(index)
            let file = String(repeating: "0", count: max(0, 5 - "\(index)".count)) + "\(index).png"
            try renderer.png(of: row.scene, using: &random).write(to: partial.appending(path: file))
            return Self.json(row, id: "\(name)-\(index)", picture: "\(name)-pictures/\(file)")
        }
        try? files.removeItem(at: pictures)
        try files.moveItem(at: partial, to: pictures)
        try AtomicFile.write(JSONValue.array(rows).text(indent: 1), to: folder.appending(path: "\(name).json").path)
    }

    private static func json(_ row: Row, id: String, picture: String) -> JSONValue {
        func turn(_ who: String, _ text: String) -> JSONValue {
            .object([.init("from", .string(who)), .init("value", .string(text))])
        }
        let turns = row.questions.enumerated().flatMap { index, question in
            [turn("human", (index == 0 ? "<image>\n" : "") + question.text), turn("gpt", question.answer)]
        }
        return .object([
            .init("id", .string(id)), .init("image", .string(picture)), .init("conversations", .array(turns)),
        ])
    }
}
