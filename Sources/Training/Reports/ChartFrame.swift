/// A chart's axes, and where its values lie between them.
struct ChartFrame {
    static let width = 720
    static let height = 400
    private static let ink = "#808080"
    private static let left = 64.0
    private static let right = 704.0
    private static let top = 24.0
    private static let bottom = 352.0

    private let x: AxisTicks
    private let y: AxisTicks

    private let titles: (x: String, y: String)

    /// Axes that hold all points, with their titles.
    init(points: [(x: Double, y: Double)], x title: String, y sideTitle: String) {
        titles = (title, sideTitle)
        x = AxisTicks(holding: points.map(\.x), count: 8)
        y = AxisTicks(holding: points.map(\.y), count: 6)
    }

    /// Where a point is in the image, to a hundredth.
    func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
        (
            x: Self.rounded(Self.left + x.share(of: point.x) * (Self.right - Self.left)),
            y: Self.rounded(Self.bottom - y.share(of: point.y) * (Self.bottom - Self.top))
        )
    }

    /// Grid lines, tick labels and axis titles.
    func axes() -> [String] {
        let vertical = y.values.flatMap { value in
            let height = place((x.values[0], value)).y
            return [
                line(Self.left, height, Self.right, height, opacity: 0.25),
                text(y.label(value), Self.left - 8, height + 4, anchor: "end"),
            ]
        }
        let horizontal = x.values.flatMap { value in
            let position = place((value, y.values[0])).x
            return [
                line(position, Self.bottom, position, Self.bottom + 4, opacity: 1),
                text(x.label(value), position, Self.bottom + 20, anchor: "middle"),
            ]
        }
        let middle = (x: (Self.left + Self.right) / 2, y: (Self.top + Self.bottom) / 2)
        return vertical + horizontal + [
            line(Self.left, Self.bottom, Self.right, Self.bottom, opacity: 1),
            text(titles.x, middle.x, Self.bottom + 38, anchor: "middle"),
            "<g transform=\"rotate(-90 16 \(middle.y))\">\(text(titles.y, 16, middle.y, anchor: "middle"))</g>",
        ]
    }

    /// A curve's name beside a piece of its colour, above the axes.
    func legend(_ name: String, colour: String, position: Int) -> String {
        let start = Self.left + Double(position) * 108
        return "<rect x=\"\(start)\" y=\"8\" width=\"16\" height=\"3\" fill=\"\(colour)\"/>"
            + text(name, start + 22, 14, anchor: "start")
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, opacity: Double) -> String {
        "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"\(Self.ink)\" stroke-opacity=\"\(opacity)\"/>"
    }

    private func text(_ content: String, _ x: Double, _ y: Double, anchor: String) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" fill=\"\(Self.ink)\" text-anchor=\"\(anchor)\">\(content)</text>"
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
