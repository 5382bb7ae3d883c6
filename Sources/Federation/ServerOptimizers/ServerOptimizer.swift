public import Tensors

/// How the global state moves toward what a round's updates agreed on: the difference Δ = aggregate − state is taken for
/// a descent direction, as in adaptive federated optimisation (arXiv:2003.00295).
///
/// Numbers are computed in float64, element by element, and rounded to float32 once: the same on every machine. Moments
/// begin when a tensor first trains, and a tensor that a round does not train stays as it is, moments included.
public protocol ServerOptimizer: Sendable {
    /// The name in a run file.
    static var name: String { get }

    /// An optimizer without moments yet.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the option.
    init(_ options: ServerOptimizerOptions) throws

    /// The next state.
    ///
    /// - Parameters:
    ///   - state: what the round started from.
    ///   - aggregate: the aggregator's result.
    ///   - keys: what the round trained, `AggregationResult.trainedKeys`.
    /// - Throws: `FederationError.protocolViolation` naming a tensor that is missing or misshapen, or
    ///   `FederationError.invalidUpdate` naming one that would not be finite; nothing has changed then.
    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict

    /// The moments, by name, for a checkpoint.
    var stateDict: StateDict { get }

    /// Takes up the moments of a checkpoint.
    ///
    /// - Parameter parameters: the tensors that it optimizes, which moments must fit.
    /// - Throws: `FederationError.corruptState` naming a moment that is missing, unknown or misshapen.
    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws
}
