/// The curves of training and validation loss over the steps, drawn as an SVG image.
public struct LossChart: Sendable {
    /// A curve's points: step and loss.
    typealias Points = [(x: Double, y: Double)]

    private let train: Points
    private let eval: Points

    /// Takes the losses of a run's records; values that are not finite are omitted.
    public init(_ records: [LogRecord]) {
        train = Self.points(records, \.loss)
        eval = Self.points(records, \.evalLoss)
    }

    /// The chart: transparent, in colours that are visible on light and dark pages.
    public func svg() -> String {
        let curves = [("train loss", train, "#2f81f7"), ("eval loss", eval, "#e8590c")].filter { !$0.1.isEmpty }
        return CurveChart(
            title: "Loss by step", x: "step", y: "loss",
            curves: curves.map { .init(name: $0.0, colour: $0.2, points: $0.1) }
        ).svg()
    }

    /// More points of a curve than the image can show.
    private static let mostPoints = 1_000

    private static func points(_ records: [LogRecord], _ value: KeyPath<LogRecord, Double?>) -> Points {
        thinned(
            records.compactMap { record in
                guard let loss = record[keyPath: value], loss.isFinite else { return nil }
                return (Double(record.step), loss)
            })
    }

    /// The lowest and the highest of each few points that follow each other, and the first and the last of all: what is left
    /// looks the same.
    private static func thinned(_ points: Points) -> Points {
        guard points.count > mostPoints, let first = points.first, let last = points.last else { return points }
        let size = points.count / (mostPoints / 2) + 1
        let inner = stride(from: 0, to: points.count, by: size).flatMap { start -> Points in
            let few = points[start..<min(start + size, points.count)]
            guard let low = few.min(by: { $0.y < $1.y }), let high = few.max(by: { $0.y < $1.y }) else { return [] }
            return low.x < high.x ? [low, high] : [high, low]
        }
        return [first] + inner + [last]
    }
}
