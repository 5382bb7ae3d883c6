public import Tensors

/// What frozen weights gain at the end of a round, as low-rank factors: W ← W + L R for each module.
public struct BaseDelta: Sendable {
    /// One module's part.
    public struct Factors: Sendable {
        /// The module's path, as in `FactorLayout.Pair.module`.
        public var module: String
        /// L, [outputs, k].
        public var left: Tensor
        /// R, [k, inputs]; scales and weights are folded in.
        public var right: Tensor

        /// Factors whose inner sizes agree.
        public init(module: String, left: Tensor, right: Tensor) {
            precondition(left.columns == right.rows, "\(module): \(left.shape) times \(right.shape)")
            (self.module, self.left, self.right) = (module, left, right)
        }

        /// k, which the rank of the product cannot exceed.
        public var rank: Int { right.rows }
    }

    /// The modules that change, in the layout's order.
    public var modules: [Factors]

    /// The parts of some modules.
    public init(_ modules: [Factors]) { self.modules = modules }

    /// Bytes of all factors.
    public var byteCount: Int { modules.reduce(0) { $0 + $1.left.byteCount + $1.right.byteCount } }

    private static let endings = (left: ".delta_B.weight", right: ".delta_A.weight")

    /// The factors by name, to be written or sent: `<module>.delta_A.weight` is R, `<module>.delta_B.weight` is L.
    public var stateDict: StateDict {
        StateDict(
            modules.flatMap { [($0.module + Self.endings.right, $0.right), ($0.module + Self.endings.left, $0.left)] })
    }

    /// Reads the factors back.
    ///
    /// - Throws: `FederationError.corruptState` naming a tensor that has no partner or the wrong shape.
    public init(_ state: StateDict) throws {
        modules = []
        for (key, right) in state.entries where key.hasSuffix(Self.endings.right) {
            let module = String(key.dropLast(Self.endings.right.count))
            guard let left = state[module + Self.endings.left], left.shape.count == 2, right.shape.count == 2,
                left.columns == right.rows, left.dtype == .float32, right.dtype == .float32
            else {
                throw FederationError(.corruptState, "\(key) \(right.shape) has no factor L that fits it")
            }
            modules.append(Factors(module: module, left: left, right: right))
        }
        guard state.count == 2 * modules.count else {
            throw FederationError(.corruptState, "\(state.count) tensors of which \(2 * modules.count) are factors")
        }
    }
}
