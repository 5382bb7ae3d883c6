/// What size an image is resized to.
public enum ImageTargetSize: Sendable, Hashable {
    /// Exactly this size, without keeping the aspect ratio.
    case exact(height: Int, width: Int)
    /// The shorter edge to this length, the proportions kept.
    case shortestEdge(Int)
    /// The shorter edge to `shortest`, unless the longer one would then exceed `longest`.
    case edges(shortest: Int, longest: Int)

    /// The size that an image of a given size gets; an edge may come out zero for extreme proportions.
    func resolved(height: Int, width: Int) -> (height: Int, width: Int) {
        switch self {
        case .exact(let height, let width): (height, width)
        case .shortestEdge(let edge): Self.scaled(height, width, shortest: edge)
        case .edges(let shortest, let longest): Self.bounded(height, width, shortest, longest)
        }
    }

    /// long = ⌊edge · long / short⌋, with the product exact before the division.
    private static func scaled(_ height: Int, _ width: Int, shortest edge: Int) -> (height: Int, width: Int) {
        let long = Int(Double(edge * max(height, width)) / Double(min(height, width)))
        return width <= height ? (long, edge) : (edge, long)
    }

    private static func bounded(
        _ height: Int, _ width: Int, _ shortest: Int, _ longest: Int
    ) -> (height: Int, width: Int) {
        let low = Double(min(height, width))
        let high = Double(max(height, width))
        var edge = Double(shortest)
        if high / low * edge > Double(longest) { edge = Double(longest) * low / high }
        let short = Int(edge.rounded(.toNearestOrEven))
        if min(height, width) == short { return (height, width) }
        let long = Int(edge * high / low)
        return width < height ? (long, short) : (short, long)
    }
}
