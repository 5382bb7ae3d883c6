/// Which factors of LoRA train in a round. Tensors that belong to no pair of factors always train.
public enum TrainedFactors: Sendable, Equatable, CaseIterable {
    case both
    /// A [rank, inputs] trains, B stays as it is.
    case onlyA
    /// B [outputs, rank] trains, A stays as it is.
    case onlyB

    var includesA: Bool { self != .onlyB }
    var includesB: Bool { self != .onlyA }
}
