import Federation
import Foundation
import Transports

@testable import lorad

/// A policy, a run that it allows, and what is changed of them.
enum PolicyFixture {
    static let coordinator = IdentityKey().publicIdentity
    static let model = CoordinatorOptions.File(name: "model.safetensors", blob: blob("a"), size: 1)

    /// The base model alone.
    static let basis = RunBasis(configuration: "", files: [model])

    static func blob(_ digit: Character) -> BlobID {
        guard let blob = try? BlobID(text: String(repeating: digit, count: 64)) else { fatalError("64 digits") }
        return blob
    }

    /// Its lines are numbered in the tests.
    static var text: String {
        """
        coordinators: [\(coordinator.text)]
        runs: [shared]
        base_models: [\(basis.baseModelDigest)]
        base_adapters: [new]
        methods: [lora]
        modules: [q_proj, v_proj]
        rounds: 6
        days: 2
        until: 2030-06-30
        secure_aggregation:
          required: true
          fewest_workers: 4
          threshold: 0.7
          colluders: 1
          honest_workers: 3
        differential_privacy:
          required: true
          units: [worker]
          max_epsilon: 8
          delta: 1.0e-5
        """
    }

    /// The policy with some of its text replaced.
    static func policy(_ changes: (String, String)...) throws -> PolicyFile {
        let text = changes.reduce(text) { $0.replacing($1.0, with: $1.1) }
        return try PolicyFile(text, name: "site.yaml", checksDisk: false)
    }

    /// What a policy says when it refuses what is done.
    static func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing is refused"
        } catch let error as FederationError where error.code == .forbidden {
            return error.message
        } catch {
            return "another error: \(error)"
        }
    }

    /// A run that the policy allows, with overrides as of `--set`.
    static func run(_ overrides: [String] = []) throws -> RunConfiguration {
        let text = """
            run: shared
            model: { path: base }
            adapter: { r: 4, target_modules: [q_proj] }
            data: { train: rows.json }
            federation: { mode: federated, rounds: 6, min_workers: 5 }
            privacy:
              secure_aggregation: { enabled: true, threshold: 0.7, fewest_workers: 4 }
              differential_privacy: { enabled: true, mechanism: skellam, target_epsilon: 8, delta: 1.0e-5 }
            """
        return try RunFile.parse(text, name: "run.yaml", overrides: overrides, checksDisk: false)
    }
}
