/// The curves of training and validation loss over the steps, drawn as an SVG picture.
public struct LossChart: Sendable {
    /// A curve's points: step and loss.
    typealias Points = [(x: Double, y: Double)]

    private let train: Points
    private let eval: Points

    /// Takes the losses of a run's records; what is not finite is left out.
    public init(_ records: [LogRecord]) {
        train = Self.points(records, \.loss)
        eval = Self.points(records, \.evalLoss)
    }

    /// The picture: transparent, in colours that stand out on light and dark pages alike.
    public func svg() -> String {
        let frame = ChartFrame(points: train + eval)
        let curves = [("train loss", train, "#2f81f7"), ("eval loss", eval, "#e8590c")].filter { !$0.1.isEmpty }
        let drawn = curves.map { name, points, colour in curve(name, points, colour, in: frame) }
        let legend = curves.enumerated().map { index, entry in
            frame.legend(entry.0, colour: entry.2, position: index)
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(ChartFrame.width) \(ChartFrame.height)" \
            width="\(ChartFrame.width)" height="\(ChartFrame.height)" font-family="sans-serif" font-size="12" \
            role="img">
            <title>Loss by step</title>
            \((frame.axes() + drawn + legend).joined(separator: "\n"))
            </svg>

            """
    }

    private func curve(_ name: String, _ points: Points, _ colour: String, in frame: ChartFrame) -> String {
        let places = points.map(frame.place)
        if places.count == 1 {
            return "<circle cx=\"\(places[0].x)\" cy=\"\(places[0].y)\" r=\"3\" fill=\"\(colour)\"/>"
        }
        let line = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        return "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.5\" stroke-linejoin=\"round\""
            + " points=\"\(line)\"/>"
    }

    private static func points(_ records: [LogRecord], _ value: KeyPath<LogRecord, Double?>) -> Points {
        records.compactMap { record in
            guard let loss = record[keyPath: value], loss.isFinite else { return nil }
            return (Double(record.step), loss)
        }
    }
}
