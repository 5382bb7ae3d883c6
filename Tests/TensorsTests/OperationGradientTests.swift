import Testing

@testable import Tensors

private func projectionPair(_ x: [Tensor]) -> [Projection] {
    [
        Projection(
            weight: x[1], bias: x[2], adapter: LowRankFactors(a: x[3], b: x[4], scale: 2, dropout: 0.3, dropoutKey: 5)),
        Projection(weight: x[5], adapter: LowRankFactors(a: x[6], b: x[7], scale: 0.5)),
    ]
}

/// A layer whose outputs are scaled.
private struct Scaled: LinearBranch {
    let factors: Tensor
    var leaves: [Tensor] { [factors] }

    func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor {
        x.projected(by: [layer], as: .float32).scaledColumns(by: factors)
    }
}

/// A layer's outputs, twice.
private struct Doubled: LinearBranch {
    var leaves: [Tensor] { [] }

    func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor {
        let y = x.projected(by: [layer], as: .float32)
        return y + y
    }
}

private let rotary = RotaryTable(inverseFrequencies: [1, 0.1], positions: 16)

private func layout(_ boundaries: [Int], causal: Bool = true, window: Int? = nil) -> AttentionLayout {
    AttentionLayout(
        heads: 4, keyValueHeads: 2, headSize: 4, boundaries: boundaries, isCausal: causal, window: window)
}

private let operations: [OperationCase] = [
    OperationCase(
        name: "two projections, one with bias and dropout",
        shapes: [[5, 6], [4, 6], [4], [2, 6], [4, 2], [3, 6], [2, 6], [3, 2]]
    ) { x in Tensor.$dropoutKey.withValue(9) { x[0].projected(by: projectionPair(x)) } },
    OperationCase(name: "projection onto a residual", shapes: [[5, 6], [4, 6], [4], [5, 4], [2, 6], [4, 2]]) { x in
        x[0].projected(
            by: [Projection(weight: x[1], bias: x[2], adapter: LowRankFactors(a: x[4], b: x[5], scale: 1))],
            residual: x[3])
    },
    OperationCase(name: "columns times numbers", shapes: [[4, 5], [5]]) { x in x[0].scaledColumns(by: x[1]) },
    OperationCase(name: "numbers added to columns", shapes: [[4, 5], [5]]) { x in x[0].adding(bias: x[1]) },
    OperationCase(name: "transpose", shapes: [[4, 5]]) { x in x[0].transposed() },
    OperationCase(name: "elementwise product", shapes: [[4, 5], [4, 5]]) { x in x[0] * x[1] * x[0] },
    OperationCase(name: "Kronecker product", shapes: [[2, 3], [3, 2]]) { x in x[0].kronecker(x[1]) },
    OperationCase(name: "dropped elements", shapes: [[6, 5]]) { x in
        Tensor.$dropoutKey.withValue(3) { x[0].dropped(0.4, key: 8) }
    },
    OperationCase(
        name: "a group of projections, one with branches",
        shapes: [[5, 6], [4, 6], [4], [3, 6], [4], [2, 6], [4, 2]]
    ) { x in
        x[0].projected(by: [
            Projection(
                weight: x[1], bias: x[2], adapters: [LowRankFactors(a: x[5], b: x[6], scale: 2)],
                branches: [Scaled(factors: x[4]), Doubled()]),
            Projection(weight: x[3]),
        ])
    },
    OperationCase(name: "a branch onto a residual", shapes: [[5, 6], [4, 6], [5, 4], [4]]) { x in
        x[0].projected(by: [Projection(weight: x[1], branches: [Scaled(factors: x[3])])], residual: x[2])
    },
    OperationCase(name: "root-mean-square norm", shapes: [[4, 7], [7]]) { x in
        x[0].rmsNormalized(weight: x[1], epsilon: 1e-5)
    },
    OperationCase(name: "layer norm", shapes: [[4, 7], [7], [7]]) { x in
        x[0].layerNormalized(weight: x[1], bias: x[2], epsilon: 1e-5)
    },
    OperationCase(name: "gated linear unit", shapes: [[3, 10]], scale: 3) { x in x[0].swiGLU(columns: 5) },
    OperationCase(name: "causal attention over two sequences with positions", shapes: [[9, 32]]) { x in
        x[0].attended(layout([0, 4, 9]), rotary: rotary, positions: [0, 1, 2, 3, 0, 1, 2, 3, 4])
    },
    OperationCase(name: "attention within a window", shapes: [[9, 32]]) { x in
        x[0].attended(layout([0, 9], window: 3), rotary: rotary, positions: Array(0..<9))
    },
    OperationCase(name: "attention to all", shapes: [[7, 32]]) { x in x[0].attended(layout([0, 3, 7], causal: false)) },
    OperationCase(name: "row lookup with repeats", shapes: [[4, 3]]) { x in x[0].gathered([2, 0, 2, 3]) },
    OperationCase(name: "row replacement", shapes: [[5, 3], [2, 3]]) { x in x[0].replacingRows([4, 1], with: x[1]) },
    OperationCase(name: "joined columns", shapes: [[3, 2], [3, 4]]) { x in Tensor.joinedColumns([x[0], x[1]]) },
    OperationCase(name: "sum of two", shapes: [[3, 2], [3, 2]]) { x in (x[0] + x[1]) + x[0] },
    OperationCase(name: "class rows and positions", shapes: [[6, 3], [3], [4, 3]]) { x in
        x[0].withClassRows(x[1], positions: x[2])
    },
    OperationCase(name: "rows of length 1", shapes: [[4, 5]], scale: 3) { x in x[0].normalizedRows() },
    OperationCase(name: "scaling by the exponential of one number", shapes: [[3, 4], []]) { x in
        x[0].scaled(byExponentialOf: x[1])
    },
    OperationCase(name: "contrastive loss of rows of length 1", shapes: [[4, 3], [4, 3], []], scale: 2) { x in
        x[0].normalizedRows().scaled(byExponentialOf: x[2])
            .crossEntropy(head: Projection(weight: x[1]), labels: [0, 1, 2, 3], rowsAtATime: 3)
    },
    OperationCase(
        name: "cross-entropy through a head in chunks", shapes: [[5, 3], [7, 3], [7], [2, 3], [7, 2]], scale: 2
    ) { x in
        let factors = LowRankFactors(a: x[3], b: x[4], scale: 0.5)
        return x[0].crossEntropy(
            head: Projection(weight: x[1], bias: x[2], adapter: factors), labels: [0, 6, 3, 3, 1], rowsAtATime: 2)
    },
    OperationCase(name: "cross-entropy of the rows that have labels", shapes: [[5, 3], [7, 3]]) { x in
        x[0].crossEntropy(head: Projection(weight: x[1]), labels: [4, 0, 6], rowsAtATime: 2)
    },
    OperationCase(name: "a checkpointed block", shapes: [[4, 4], [4, 4]]) { x in
        let weight = x[1]
        return x[0].checkpointed { $0.projected(by: [Projection(weight: weight)]).activated(by: .silu) }.reshaped([
            2, 8,
        ])
    },
]

private let activations = Activation.allCases.filter { $0 != .relu }.map { activation in
    OperationCase(name: "activation \(activation.rawValue)", shapes: [[4, 5]], scale: 3) {
        $0[0].activated(by: activation)
    }
}

@Suite("Gradients of the operations")
struct OperationGradientTests {
    @Test("The pullback agrees with finite differences", arguments: operations + activations)
    func pullback(operation: OperationCase) {
        #expect(gradientError(operation) < 2e-3)
    }

    @Test("A wrong pullback is noticed by the finite differences")
    func sensitivity() {
        let wrong = OperationCase(name: "wrong", shapes: [[3, 2]]) { x in
            let input = x[0]
            return input.detached.adding(input.detached).recorded(Span("wrong"), from: [input]) { upstream, gradients in
                gradients.accumulate(upstream, for: input)
            }
        }
        #expect(gradientError(wrong) > 0.4)
    }

    @Test("The relu is zero below zero and passes its gradient above")
    func relu() {
        let x = Tensor([-2, 3], shape: [1, 2]).trainable()
        let y = x.activated(by: .relu)
        #expect(y.values == [0, 3])
        #expect(y.backward(upstream: Tensor([5, 7], shape: [1, 2]))[x]?.values == [0, 7])
    }

    @Test("Nothing is recorded below constants")
    func constants() {
        let weight = Tensor([1, 2], shape: [1, 2])
        let y = Tensor([1, 1], shape: [1, 2]).projected(by: [Projection(weight: weight)])
        #expect(!y.isDifferentiable)
        #expect(y.values == [3])
    }

    @Test("A gradient that two paths share is not changed by their sum")
    func sharedUpstream() {
        let x = Tensor([1], shape: [1, 1]).trainable()
        let z = Tensor([1], shape: [1, 1]).trainable()
        let sum = ((x + x) + (x + z)) + z
        let gradients = sum.backward(upstream: Tensor([1], shape: [1, 1]))
        #expect(gradients[x]?.values == [3])
        #expect(gradients[z]?.values == [2])
    }
}
