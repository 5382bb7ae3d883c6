import Foundation

/// The form of a thing.
public enum Shape: String, CaseIterable, Sendable {
    case circle, square, triangle, star, ring, cross

    /// The distance of a point from the outline of a thing of radius 1 around the origin; negative inside.
    ///
    /// Exact for circle and ring; else the largest distance from the lines that bound a part, which is exact where edges
    /// are smoothed: beside them.
    func distance(_ x: Double, _ y: Double) -> Double {
        switch self {
        case .circle: (x * x + y * y).squareRoot() - 0.95
        case .square: max(abs(x), abs(y)) - 0.8
        case .triangle: Self.polygon(x, y + 0.15, corners: 3, reach: 0.5)
        case .star: Self.star(x, y)
        case .ring: abs((x * x + y * y).squareRoot() - 0.7) - 0.25
        case .cross: min(max(abs(x) - 0.95, abs(y) - 0.32), max(abs(y) - 0.95, abs(x) - 0.32))
        }
    }

    /// A regular polygon with one corner up, whose sides lie `reach` from the centre.
    private static func polygon(_ x: Double, _ y: Double, corners: Int, reach: Double) -> Double {
        let sector = 2 * Double.pi / Double(corners)
        // Folds the point into the sector around the nearest side.
        let angle = atan2(x, y)
        let folded = angle - sector * (angle / sector).rounded()
        return (x * x + y * y).squareRoot() * cos(folded) - reach
    }

    /// Five points at distance 1, with inner corners at 0.45.
    private static func star(_ x: Double, _ y: Double) -> Double {
        let sector = 2 * Double.pi / 5
        let angle = atan2(x, -y)
        let folded = abs(angle - sector * (angle / sector).rounded())
        let radius = (x * x + y * y).squareRoot()
        // The edge from the point (0, 1) to the inner corner, in the folded frame.
        let (innerX, innerY) = (0.45 * sin(sector / 2), 0.45 * cos(sector / 2))
        let (edgeX, edgeY) = (innerX, innerY - 1)
        let (pointX, pointY) = (radius * sin(folded), radius * cos(folded) - 1)
        return (pointY * edgeX - pointX * edgeY) / (edgeX * edgeX + edgeY * edgeY).squareRoot()
    }
}

/// What the inside of a thing looks like.
public enum Pattern: String, CaseIterable, Sendable {
    case plain, striped, dotted

    /// How much of the colour is there at a point of a thing, in pixels from its centre: 1 for all, less where it is darker.
    func strength(_ x: Double, _ y: Double) -> Double {
        switch self {
        case .plain: 1
        case .striped: 0.775 + 0.225 * Self.soft(sin(x * 2 * .pi / 4.5))
        case .dotted: 0.775 - 0.225 * Self.soft(4 * (cos(x * 2 * .pi / 5) * cos(y * 2 * .pi / 5) - 0.25))
        }
    }

    /// An edge that pixels can show.
    private static func soft(_ value: Double) -> Double { max(-1, min(1, 2 * value)) }
}
