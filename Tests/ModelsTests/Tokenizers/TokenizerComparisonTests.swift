import Foundation
import Models
import Testing

/// Encodes what `Tests/Fixtures/tokenizers/compare.py` asks for, which compares it with the reference implementation.
@Suite struct TokenizerComparisonTests {
    struct Job: Decodable {
        var json: String
        var texts: [String]
        var ids: [[Int]]
        var speed: [String]
    }

    struct Row: Encodable {
        var ids: [Int]
        var offsets: [Int]
        var decoded: [String]
    }

    struct Answer: Encodable {
        var encodings: [Row]
        var decoded: [String]
        var load_seconds: Double
        var speed_seconds: Double
        var image_seconds: Double
    }

    static let input = ProcessInfo.processInfo.environment["LORAD_TOKENIZER_INPUT"]
    static let output = ProcessInfo.processInfo.environment["LORAD_TOKENIZER_OUTPUT"]

    @Test("The strings of a comparison are encoded", .enabled(if: input != nil && output != nil))
    func encodesStringsOfComparison() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: try #require(Self.input)))
        let answers = try JSONDecoder().decode([Job].self, from: data).map(answer)
        try JSONEncoder().encode(answers).write(to: URL(fileURLWithPath: try #require(Self.output)))
    }

    private func answer(_ job: Job) throws -> Answer {
        let start = ContinuousClock.now
        let tokenizer = try Tokenizer(json: Data(job.json.utf8))
        let load = seconds(since: start)
        let rows = job.texts.enumerated().map { index, text in
            let encoding = tokenizer.encode(text, addSpecialTokens: index % 4 != 0)
            return Row(
                ids: encoding.ids, offsets: encoding.offsets.flatMap { [$0.lowerBound, $0.upperBound] },
                decoded: [true, false].map { tokenizer.decode(encoding.ids, skipSpecialTokens: $0) })
        }
        let images = String(repeating: "<image>", count: 576)
        return Answer(
            encodings: rows, decoded: job.ids.map { tokenizer.decode($0, skipSpecialTokens: false) },
            load_seconds: load,
            speed_seconds: time(tokenizer, job.speed), image_seconds: time(tokenizer, job.speed.map { images + $0 }))
    }

    private func time(_ tokenizer: Tokenizer, _ texts: [String]) -> Double {
        let start = ContinuousClock.now
        var count = 0
        for text in texts { count += tokenizer.encode(text).ids.count }
        return count < 0 ? 0 : seconds(since: start)
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }
}
