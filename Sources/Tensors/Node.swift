import Synchronization

/// One operation of the graph: what it read, and how a gradient of its result becomes gradients of what it read.
final class Node: Sendable {
    typealias Pullback = @Sendable (_ upstream: Tensor, _ gradients: inout Gradients) -> Void

    private static let counter = Atomic<Int>(0)

    /// Later operations have larger numbers, so descending order is a valid order for the backward pass.
    let sequence: Int
    let inputs: [Node]
    /// What profiles call it.
    let name: StaticString
    let pullback: Pullback

    init(inputs: [Node], name: StaticString = "leaf", pullback: @escaping Pullback) {
        sequence = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        self.inputs = inputs
        self.name = name
        self.pullback = pullback
    }
}

extension Tensor {
    /// Switches the graph off for evaluation and for layers that will be computed again.
    enum Recording {
        @TaskLocal static var isOn = true
    }

    /// Runs `body` without recording a graph: its results are constants.
    public static func withoutGraph<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Recording.$isOn.withValue(false, operation: body)
    }

    /// Whether products of single rows may round as `RowProduct` does.
    enum RowByRow {
        @TaskLocal static var isOn = false
    }

    /// Runs `body` without recording a graph, and with special kernels for products of a single row. They are faster,
    /// but round differently from the same row among others.
    public static func rowByRow<Result>(_ body: () throws -> Result) rethrows -> Result {
        try withoutGraph { try RowByRow.$isOn.withValue(true, operation: body) }
    }

    /// A leaf that gradients are computed for.
    public func trainable() -> Tensor {
        var leaf = self
        leaf.node = Node(inputs: []) { _, _ in }
        return leaf
    }

    /// This result, with its pullback if any of the inputs leads to something trainable; ends the operation's span.
    func recorded(_ span: Span, from inputs: [Tensor?], _ pullback: @escaping Node.Pullback) -> Tensor {
        span.end()
        let nodes = inputs.compactMap { $0?.node }
        guard !nodes.isEmpty, Recording.isOn else { return self }
        var result = self
        result.node = Node(inputs: nodes, name: span.name, pullback: pullback)
        return result
    }
}
