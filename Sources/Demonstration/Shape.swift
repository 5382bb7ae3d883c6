import Foundation

/// The form of a thing.
public enum Shape: String, CaseIterable, Sendable {
    case circle, square, triangle, star

    /// How many corners it has, as answers say it.
    var corners: String {
        switch self {
        case .circle: "none"
        case .square: "four"
        case .triangle: "three"
        case .star: "ten"
        }
    }

    /// The distance of a point from the outline of a thing of radius 1 around the origin; negative inside.
    ///
    /// Exact for the circle; else the largest distance from the lines that bound a part, which is exact where edges
    /// are smoothed: beside them.
    func distance(_ x: Double, _ y: Double) -> Double {
        switch self {
        case .circle: (x * x + y * y).squareRoot() - 0.95
        case .square: max(abs(x), abs(y)) - 0.8
        case .triangle: Self.polygon(x, y + 0.15, corners: 3, reach: 0.5)
        case .star: Self.star(x, y)
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
