import CKernels

/// Gradients of one backward pass, by the tensor that they belong to: float32, or of that tensor's own type.
public struct Gradients: Sendable {
    private var byNode: [ObjectIdentifier: Tensor] = [:]
    /// Factors of the gradients of linear maps' weights, where these are wanted by example; `nil` if their sum is.
    var book: [ObjectIdentifier: [GradientFactors]]?

    init() {}

    /// The gradient of a trainable leaf (float32), or `nil` if the result does not depend on it.
    public subscript(leaf: Tensor) -> Tensor? { leaf.node.flatMap { byNode[ObjectIdentifier($0)] } }

    /// Adds to the gradient of `tensor`; does nothing for constants.
    mutating func accumulate(_ gradient: @autoclosure () -> Tensor, for tensor: Tensor) {
        accumulate(gradient(), for: tensor.target)
    }

    /// Adds to the gradient of an input; does nothing for constants.
    mutating func accumulate(_ gradient: @autoclosure () -> Tensor, for target: GradientTarget) {
        guard let node = target.node else { return }
        let key = ObjectIdentifier(node)
        guard let sum = byNode.removeValue(forKey: key) else {
            byNode[key] = gradient()
            return
        }
        byNode[key] = sum.adding(gradient())
    }

    /// Lets `add` add to a float32 gradient of an input: to what its memory holds, or in its place where it is told that there
    /// is nothing yet. Does nothing for constants.
    mutating func accumulate(for target: GradientTarget, _ add: (_ sum: Tensor, _ holdsSum: Bool) -> Void) {
        guard let node = target.node else { return }
        let key = ObjectIdentifier(node)
        guard let held = byNode.removeValue(forKey: key) else {
            let gradient = Tensor(uninitialized: target.shape)
            add(gradient, false)
            byNode[key] = gradient
            return
        }
        let sum = held.writable()
        add(sum, true)
        byNode[key] = sum
    }

    /// Adds leftᵀ right to the gradient of a weight, or to the book.
    mutating func accumulate(_ factors: GradientFactors, for weight: Tensor) {
        guard let node = weight.node else { return }
        guard book == nil else {
            // A bound on an example's share of the sum must hold for what is added, not for what bfloat16 makes of it.
            var factors = factors
            factors.computing = .float32
            book?[ObjectIdentifier(node), default: []].append(factors)
            return
        }
        accumulate(factors.product(weight.shape), for: weight)
    }

    mutating func take(_ node: Node) -> Tensor? { byNode.removeValue(forKey: ObjectIdentifier(node)) }

    mutating func put(_ gradient: Tensor, for node: Node) { byNode[ObjectIdentifier(node)] = gradient }

    /// Runs the pullbacks below `root`, latest first, and frees each operation's memory as soon as it is done.
    mutating func propagate(_ upstream: Tensor, from root: consuming Tensor) {
        guard let start = root.node else { return }
        accumulate(upstream, for: root)
        var pending = Self.reachable(from: start)
        root.node = nil
        while let node = pending.popLast() {
            guard !node.inputs.isEmpty, let gradient = take(node) else { continue }
            let span = Span(node.name)
            node.pullback(gradient, &self)
            span.end(.backward)
        }
    }

    /// The nodes below `root`, in the order of their making.
    private static func reachable(from root: Node) -> [Node] {
        var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
        var found = [root]
        var next = 0
        while next < found.count {
            for input in found[next].inputs where seen.insert(ObjectIdentifier(input)).inserted { found.append(input) }
            next += 1
        }
        return found.sorted { $0.sequence < $1.sequence }
    }
}

/// Where a gradient goes: an input of an operation without its numbers, so a pullback that needs none of them does not
/// keep them in memory.
struct GradientTarget: Sendable {
    let node: Node?
    let shape: [Int]
    let dtype: DType

    var isDifferentiable: Bool { node != nil }
}

extension Tensor {
    /// This tensor as a place for a gradient.
    var target: GradientTarget { GradientTarget(node: node, shape: shape, dtype: dtype) }

    /// Gradients of `seed · self` for every trainable leaf below; `self` holds one element.
    ///
    /// Consumes the tensor, so the graph's memory is freed during the backward pass. Read the value first.
    public consuming func backward(seed: Float = 1) -> Gradients {
        precondition(count == 1, "backward starts from one number, not from the shape \(shape)")
        return backward(upstream: Tensor([seed], shape: shape))
    }

    /// Gradients of ⟨upstream, self⟩ for every trainable leaf below.
    public consuming func backward(upstream: Tensor) -> Gradients {
        precondition(upstream.shape == shape, "upstream \(upstream.shape) for \(shape)")
        var gradients = Gradients()
        gradients.propagate(upstream, from: self)
        return gradients
    }

    /// The same numbers in float32: in this tensor's memory where nobody else holds it.
    fileprivate consuming func writable() -> Tensor {
        var sum = self
        if sum.dtype != .float32 { return sum.converted(to: .float32) }
        return isKnownUniquelyReferenced(&sum.storage) ? sum : sum.copied()
    }

    /// The sum in float32, in this tensor's memory where nobody else holds it.
    consuming func adding(_ other: Tensor) -> Tensor {
        precondition(shape == other.shape, "gradients of \(shape) and \(other.shape)")
        let sum = writable()
        switch other.dtype {
        case .float32: lorad_add(sum.floats, other.floats, sum.count)
        case .bfloat16: lorad_add_bf16(sum.floats, other.halves, sum.count)
        default: preconditionFailure("gradient of type \(other.dtype)")
        }
        return sum
    }

    /// A copy with its own memory.
    public func copied() -> Tensor {
        let copy = Tensor(uninitialized: shape, dtype)
        copy.pointer.copyMemory(from: pointer, byteCount: byteCount)
        return copy
    }
}
