import Tensors

/// The running means that an optimizer keeps of each tensor, at most two.
struct ServerMoments: Sendable {
    /// The moments of one tensor.
    struct Slot: Sendable {
        /// Rounds that trained it.
        var steps = 0
        /// The two moments, float32; one that the optimizer has no use for stays as it began.
        var moments: [Tensor]
    }

    /// One element on its way: what it is, Δ, and its moments, which the rule changes.
    struct Element {
        var value: Double
        let difference: Double
        var first: Double
        var second: Double
    }

    /// Names of the moments that are in use.
    let names: [String]
    /// What the two begin as.
    private let initial: [Float]
    var slots: [String: Slot] = [:]

    /// - Parameter moments: names and initial values of one or two moments.
    init(_ moments: [(name: String, initial: Float)]) {
        names = moments.map(\.name)
        initial = moments.map(\.initial) + Array(repeating: 0, count: 2 - moments.count)
    }

    /// The moments of a tensor that was never trained.
    func fresh(_ shape: [Int]) -> Slot {
        Slot(moments: initial.map { value in Tensor.filled(shape) { $0.update(repeating: value) } })
    }

    /// How an optimizer changes one element.
    typealias Rule = @Sendable (inout Element) -> Void

    /// Applies a rule to every element of every key; it is asked for once a tensor, with the rounds that trained it, this
    /// one included.
    mutating func step(
        _ state: StateDict, toward aggregate: StateDict, keys: [String], _ rule: @escaping @Sendable (Int) -> Rule
    ) throws -> StateDict {
        let moved = try concurrentMap(keys.count) { [self] in
            try self.moved(keys[$0], state, toward: aggregate, rule)
        }
        var next = state
        for (key, (tensor, slot)) in zip(keys, moved) { (next[key], slots[key]) = (tensor, slot) }
        return next
    }

    private func moved(
        _ key: String, _ state: StateDict, toward aggregate: StateDict, _ rule: (Int) -> Rule
    ) throws -> (Tensor, Slot) {
        let (value, target) = try state.pair(with: aggregate, key)
        var slot = slots[key] ?? fresh(value.shape)
        slot.steps += 1
        let moved = slot.move(value, toward: target, rule(slot.steps))
        guard !moved.hasNonFinite, !slot.moments.contains(where: \.hasNonFinite) else {
            throw FederationError(.invalidUpdate, "the server optimizer's step of \(key) is not finite")
        }
        return (moved, slot)
    }
}

extension ServerMoments.Slot {
    /// The tensor after a step; the moments change into new memory.
    fileprivate mutating func move(
        _ value: Tensor, toward target: Tensor, _ rule: ServerMoments.Rule
    ) -> Tensor {
        let next = moments.map { $0.copied() }
        let moved = Tensor.filled(value.shape) { result in
            value.withFloats { x in
                target.withFloats { y in
                    next[0].updateInPlace { first in
                        next[1].updateInPlace { second in
                            for i in result.indices {
                                var element = ServerMoments.Element(
                                    value: Double(x[i]), difference: Double(y[i]) - Double(x[i]),
                                    first: Double(first[i]), second: Double(second[i]))
                                rule(&element)
                                result[i] = Float(element.value)
                                (first[i], second[i]) = (Float(element.first), Float(element.second))
                            }
                        }
                    }
                }
            }
        }
        moments = next
        return moved
    }
}

extension StateDict {
    /// Two states' tensors of a name, float32 and of one shape.
    func pair(with other: StateDict, _ key: String) throws -> (Tensor, Tensor) {
        guard let mine = self[key], let theirs = other[key], mine.shape == theirs.shape, mine.dtype == .float32,
            theirs.dtype == .float32
        else {
            throw FederationError(
                .protocolViolation,
                "\(key): state and aggregate hold \(self[key]?.shape ?? []) and "
                    + "\(other[key]?.shape ?? []); they must hold F32 tensors of one shape")
        }
        return (mine, theirs)
    }
}
