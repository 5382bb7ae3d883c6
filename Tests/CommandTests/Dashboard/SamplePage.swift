import Federation
import Foundation
import Models
import Privacy
import Transports

@testable import lorad

/// Pieces of a run's page.
enum SamplePage {
    static let start = Date(timeIntervalSince1970: 1_700_000_000)

    /// A store in a folder with a federated run, without rounds; with noise for whole workers if it is private.
    static func store(in folder: TemporaryFolder, isPrivate: Bool = false) throws -> RunStore {
        let noise = "{ enabled: true, noise_multiplier: 2, target_epsilon: 8, delta: 1e-5 }"
        let configuration = """
            run: sample
            model: { path: m }
            adapter: { r: 4 }
            federation: { mode: federated, rounds: 4, min_workers: 2 }
            \(isPrivate ? "privacy: { differential_privacy: \(noise) }" : "")
            """
        return try RunStore(
            folder: folder.path, run: "sample", mode: "federated", configuration: configuration, now: start)
    }

    /// A round's figures, with what each of two workers did.
    static func figures(_ round: Int) -> RoundFigures {
        var figures = RoundFigures(
            loss: 2 / Double(round), tokens: 100, contributions: 2, rounds: 4, seconds: 0.5, bytesIn: 1_000,
            bytesOut: 2_000)
        figures.values = ["eval_loss": 3 / Double(round), "eval_exact_match": 0.25 * Double(round)]
        let share = RoundFigures.Share(counted: 1, tokens: 50, seconds: 0.25, bytesIn: 500, bytesOut: 1_000)
        figures.workers = [SampleRun.alpha.description: share, SampleRun.beta.description: share]
        return figures
    }

    /// Notes a worker.
    static func join(_ store: RunStore, _ name: String, _ fingerprint: String) throws {
        try store.record(WorkerRecord(fingerprint: fingerprint, name: name, publicKey: Data(), seen: start))
    }

    /// Notes so many rounds, and the two workers.
    static func run(_ rounds: Int, in store: RunStore) throws {
        try join(store, "alpha", SampleRun.alpha.description)
        try join(store, "beta", SampleRun.beta.description)
        for round in 1...rounds {
            let figures = figures(round)
            try store.record(StepRecord(step: round - 1, time: start + Double(round), metrics: figures.json.text()))
            try store.append(LedgerEntry(try PrivacyRelease(.gaussian(noiseMultiplier: 2)), round: round - 1))
        }
    }

    /// The document in a page.
    static func document(of html: String) throws -> RunPage {
        guard let start = html.range(of: "id=\"document\">"), let end = html[start.upperBound...].range(of: "</script>")
        else { throw CocoaError(.fileReadCorruptFile) }
        return try page(json: String(html[start.upperBound..<end.lowerBound]))
    }

    /// What the page's script is sent.
    static func page(json: String) throws -> RunPage {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(RunPage.self, from: Data(json.utf8))
    }
}
