import Tensors

extension ServerMoments {
    /// `<key>.<moment>` and `<key>.steps` of each tensor that has been trained.
    var stateDict: StateDict {
        var state = StateDict()
        for (key, slot) in slots.sorted(by: { $0.key < $1.key }) {
            for (name, moment) in zip(names, slot.moments) { state["\(key).\(name)"] = moment }
            state["\(key).steps"] = Tensor(integers: [Int64(slot.steps)])
        }
        return state
    }

    /// Takes up what `stateDict` was.
    mutating func restore(_ state: StateDict, for parameters: StateDict) throws {
        var restored: [String: Slot] = [:]
        for (key, parameter) in parameters.entries {
            guard let count = state["\(key).steps"] else { continue }
            guard count.count == 1, let steps = count.integerValues.first, (1...Int64(Int32.max)).contains(steps) else {
                throw FederationError(.corruptState, "\(key).steps of the server optimizer is no count of rounds")
            }
            restored[key] = try slot(key, steps: Int(steps), state, parameter)
        }
        let known = restored.count * (names.count + 1)
        guard state.count == known else {
            throw FederationError(
                .corruptState,
                "the server optimizer's state has \(state.count) tensors, of which it knows \(known): "
                    + "it was saved by another optimizer or for other tensors")
        }
        slots = restored
    }

    private func slot(_ key: String, steps: Int, _ state: StateDict, _ parameter: Tensor) throws -> Slot {
        var slot = fresh(parameter.shape)
        slot.steps = steps
        for (index, name) in names.enumerated() {
            guard let moment = state["\(key).\(name)"], moment.shape == parameter.shape, moment.dtype == .float32,
                !moment.hasNonFinite
            else {
                throw FederationError(
                    .corruptState, "\(key).\(name) of the server optimizer should be finite F32 \(parameter.shape)")
            }
            slot.moments[index] = moment.copied()
        }
        return slot
    }
}
