import Federation
import Models
import Tensors
import Training

/// What a result of a task of gradients must have: those that the task's examples are sure to make, and counts of these
/// examples.
struct GradientCheck: Sendable {
    /// Keys of the adapters of a decoder's layers, which every example goes through. Others may be reached by none of a
    /// task's examples, as those of a vision tower by examples without images.
    private let alwaysReached: [String]

    /// - Parameters:
    ///   - keys: of the tensors that the adapter method added.
    ///   - parts: the modules that make up each part of the model.
    init(adapterKeys keys: [String], parts: [ModelPart: [String]]) {
        func lies(_ key: String, in part: ModelPart) -> Bool {
            (parts[part] ?? []).contains { key.contains(".\($0).") }
        }
        alwaysReached = keys.filter { lies($0, in: .language) && !lies($0, in: .crossAttention) }
    }

    /// Looks at a result.
    ///
    /// - Throws: `FederationError.invalidUpdate` where gradients are missing, or it tells of other examples.
    func check(_ contribution: Contribution, of rows: WorkRows) throws {
        let metrics = contribution.metrics
        let found = [metrics.examples, metrics.tokens, metrics.supervisedTokens]
        let expected = [rows.count, rows.tokens, rows.supervisedTokens]
        guard found == expected else {
            throw FederationError(
                .invalidUpdate,
                "the result covers \(found[0]) examples, \(found[1]) tokens and \(found[2]) supervised ones, but "
                    + "the task has \(expected[0]), \(expected[1]) and \(expected[2])"
            )
        }
        guard rows.supervisedTokens > 0 else { return }  // rows without a label make no gradient
        if let missing = alwaysReached.first(where: { contribution.update[$0] == nil }) {
            throw FederationError(
                .invalidUpdate,
                "the result has no gradient of \(missing), which every example reaches")
        }
        guard contribution.update.count > 0 || rows.pictures.isEmpty else {
            throw FederationError(.invalidUpdate, "the result has no gradients")
        }
    }
}
