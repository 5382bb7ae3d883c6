/// A size as configurations write it, before what it means is settled.
enum ImageEdges: Equatable {
    case number(Int)
    case named([String: Int])

    /// As the size to resize to, or `nil` if the names say something that is not supported.
    func targetSize(numberIsSquare: Bool) -> ImageTargetSize? {
        switch self {
        case .number(let edge):
            return numberIsSquare ? .exact(height: edge, width: edge) : .shortestEdge(edge)
        case .named(let edges):
            if edges.count == 1, let edge = edges["shortest_edge"] { return .shortestEdge(edge) }
            guard edges.count == 2 else { return nil }
            if let height = edges["height"], let width = edges["width"] { return .exact(height: height, width: width) }
            if let shortest = edges["shortest_edge"], let longest = edges["longest_edge"] {
                return .edges(shortest: shortest, longest: longest)
            }
            return nil
        }
    }

    /// As the size of a crop, or `nil` if the names are others than height and width.
    var crop: ImageCrop? {
        guard case .exact(let height, let width) = targetSize(numberIsSquare: true) else { return nil }
        return ImageCrop(height: height, width: width)
    }
}
