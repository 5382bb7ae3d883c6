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
        let curves = [("train loss", train, "#2f81f7"), ("eval loss", eval, "#e8590c")].filter { !$0.1.isEmpty }
        return CurveChart(
            title: "Loss by step", x: "step", y: "loss",
            curves: curves.map { .init(name: $0.0, colour: $0.2, points: $0.1) }
        ).svg()
    }

    private static func points(_ records: [LogRecord], _ value: KeyPath<LogRecord, Double?>) -> Points {
        records.compactMap { record in
            guard let loss = record[keyPath: value], loss.isFinite else { return nil }
            return (Double(record.step), loss)
        }
    }
}
