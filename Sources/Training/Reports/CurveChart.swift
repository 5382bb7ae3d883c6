/// Curves over common axes, drawn as an SVG image.
public struct CurveChart: Sendable {
    /// A line through points.
    public struct Curve: Sendable {
        let name: String
        let colour: String
        let points: [(x: Double, y: Double)]

        /// A curve; the colour is CSS's, as `#2f81f7`.
        public init(name: String, colour: String, points: [(x: Double, y: Double)]) {
            (self.name, self.colour, self.points) = (name, colour, points)
        }
    }

    let title: String
    let x: String
    let y: String
    let curves: [Curve]

    /// A chart; `x` and `y` name the axes. Texts must need no escaping.
    public init(title: String, x: String, y: String, curves: [Curve]) {
        (self.title, self.x, self.y, self.curves) = (title, x, y, curves)
    }

    /// The chart: transparent, in colours that are visible on light and dark pages.
    public func svg() -> String {
        let frame = ChartFrame(points: curves.flatMap(\.points), x: x, y: y)
        let drawn = curves.map { draw($0, in: frame) }
        let legend = curves.enumerated().map { frame.legend($1.name, colour: $1.colour, position: $0) }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(ChartFrame.width) \(ChartFrame.height)" \
            width="\(ChartFrame.width)" height="\(ChartFrame.height)" font-family="sans-serif" font-size="12" \
            role="img">
            <title>\(title)</title>
            \((frame.axes() + drawn + legend).joined(separator: "\n"))
            </svg>

            """
    }

    private func draw(_ curve: Curve, in frame: ChartFrame) -> String {
        let places = curve.points.map(frame.place)
        if places.count == 1 {
            return "<circle cx=\"\(places[0].x)\" cy=\"\(places[0].y)\" r=\"3\" fill=\"\(curve.colour)\"/>"
        }
        let line = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        return "<polyline fill=\"none\" stroke=\"\(curve.colour)\" stroke-width=\"1.5\" stroke-linejoin=\"round\""
            + " points=\"\(line)\"/>"
    }
}
