public import Tensors

/// Which tensors of a state are the two factors of a LoRA module, and how their product is scaled:
/// ΔW = s · B A with A [rank, inputs], B [outputs, rank] and s = α / rank, or α / √rank where rank-stabilised
/// (arXiv:2106.09685, arXiv:2312.03732).
public struct FactorLayout: Sendable, Equatable {
    /// One module.
    public struct Pair: Sendable, Equatable {
        /// The module's path, as it begins its keys.
        public var module: String
        /// The key of A.
        public var aKey: String
        /// The key of B.
        public var bKey: String
        /// Rank of the global state; workers may have less, never more.
        public var rank: Int
        /// Columns of A.
        public var inputs: Int
        /// Rows of B.
        public var outputs: Int
        /// α, the same for every rank.
        public var alpha: Double
        /// Whether s = α / √rank.
        public var isRankStabilized: Bool
        /// Whether the module computes with W + s B A, and its other tensors change nothing of that.
        public var isAdded: Bool

        /// A module with its shapes.
        public init(
            module: String, aKey: String, bKey: String, rank: Int, inputs: Int, outputs: Int, alpha: Double,
            isRankStabilized: Bool = false, isAdded: Bool = true
        ) {
            (self.module, self.aKey, self.bKey) = (module, aKey, bKey)
            (self.rank, self.inputs, self.outputs) = (rank, inputs, outputs)
            (self.alpha, self.isRankStabilized, self.isAdded) = (alpha, isRankStabilized, isAdded)
        }

        /// s for a rank.
        public func scale(rank: Int) -> Double {
            isRankStabilized ? alpha / Double(rank).squareRoot() : alpha / Double(rank)
        }

        /// s for the global rank.
        public var scale: Double { scale(rank: rank) }
    }

    /// The modules, in order.
    public let pairs: [Pair]
    private let pairOfKey: [String: Int]

    /// A layout of modules whose keys are all different.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the module.
    public init(_ pairs: [Pair]) throws {
        var pairOfKey: [String: Int] = [:]
        for (index, pair) in pairs.enumerated() {
            guard min(pair.rank, pair.inputs, pair.outputs) > 0, pair.alpha > 0, pair.alpha.isFinite else {
                throw FederationError(
                    .invalidConfiguration,
                    "\(pair.module): rank \(pair.rank), sizes [\(pair.outputs), \(pair.inputs)] and alpha \(pair.alpha) "
                        + "must be positive")
            }
            for key in [pair.aKey, pair.bKey] where pairOfKey.updateValue(index, forKey: key) != nil {
                throw FederationError(.invalidConfiguration, "\(key) belongs to two factors")
            }
        }
        (self.pairs, self.pairOfKey) = (pairs, pairOfKey)
    }

    /// The module that a key is a factor of.
    public func pair(of key: String) -> Pair? { pairOfKey[key].map { pairs[$0] } }

    /// Whether a tensor trains in a round with these factors.
    func trains(_ key: String, _ factors: TrainedFactors) -> Bool {
        guard let pair = pair(of: key) else { return true }
        return key == pair.aKey ? factors.includesA : factors.includesB
    }

    /// The shape of a factor for a rank.
    func shape(of key: String, in pair: Pair, rank: Int) -> [Int] {
        key == pair.aKey ? [rank, pair.inputs] : [pair.outputs, rank]
    }

    /// The state for a worker of lower rank: the first rows of each A and the first columns of each B, B scaled by
    /// s(global rank) / s(rank) so that what is kept counts as before. Tensors that are no factors stay as they are.
    ///
    /// FlexLoRA keeps the strongest directions first, so that the cut of its results is the best of that rank.
    ///
    /// - Parameter rank: the worker's; modules whose global rank is lower keep theirs.
    /// - Throws: `FederationError.invalidConfiguration` for a rank below 1, and naming a factor that is not float32 or not of
    ///   the layout's shape.
    public func cut(_ state: StateDict, toRank rank: Int) throws -> StateDict {
        guard rank > 0 else { throw FederationError(.invalidConfiguration, "rank \(rank) of a worker: at least 1") }
        return try StateDict(
            state.entries.map { key, tensor in
                guard let pair = pair(of: key), rank < pair.rank else { return (key, tensor) }
                let expected = shape(of: key, in: pair, rank: pair.rank)
                guard tensor.dtype == .float32, tensor.shape == expected else {
                    throw FederationError(
                        .invalidConfiguration,
                        "\(key) should be F32 \(expected) to be cut to rank \(rank), found \(tensor.dtype.rawValue) "
                            + "\(tensor.shape)")
                }
                guard key == pair.bKey else { return (key, tensor.detached.rows(0..<rank)) }
                return (key, tensor.resized(columns: rank, scaledBy: pair.scale / pair.scale(rank: rank)))
            })
    }
}
