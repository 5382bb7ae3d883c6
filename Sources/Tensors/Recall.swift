/// What a pullback keeps of an input: the input, or how it is made again where that is cheap and its memory is worth more.
struct Recall: Sendable {
    private enum Source: Sendable {
        case kept(Tensor)
        case made(@Sendable () -> Tensor)
    }

    private let source: Source

    /// Of a result that another operation takes in.
    init(_ tensor: Tensor) { source = tensor.recipe.map(Source.made) ?? .kept(tensor.detached) }

    /// The numbers, to the same bits.
    var tensor: Tensor {
        switch source {
        case .kept(let tensor): tensor
        case .made(let make): make()
        }
    }
}

extension Tensor {
    /// This result with the way to make it again from what its own pullback keeps anyway.
    func remade(by recipe: @escaping @Sendable () -> Tensor) -> Tensor {
        guard isDifferentiable else { return self }
        var result = self
        result.recipe = recipe
        return result
    }
}
