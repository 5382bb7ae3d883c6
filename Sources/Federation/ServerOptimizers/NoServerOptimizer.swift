import Tensors

/// The aggregate is the next state.
struct NoServerOptimizer: ServerOptimizer {
    static let name = "none"

    init(_ options: ServerOptimizerOptions) {}

    mutating func step(_ state: StateDict, toward aggregate: StateDict, keys: [String]) throws -> StateDict {
        var next = state
        for key in keys { next[key] = try state.pair(with: aggregate, key).1 }
        return next
    }

    var stateDict: StateDict { StateDict() }

    mutating func restore(_ stateDict: StateDict, for parameters: StateDict) throws {
        guard stateDict.count == 0 else {
            throw FederationError(.corruptState, "server optimizer `none` has no state, found \(stateDict.names[0])")
        }
    }
}
