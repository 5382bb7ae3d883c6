public import Foundation

/// Several optimizer steps for a worker to take locally, with their examples: local training on data of the run.
public struct StretchWork: Equatable, Sendable {
    /// The examples of each step, by their positions in `rows`.
    public let steps: [[Int]]
    /// The examples, each once.
    public let rows: WorkRows

    init(steps: [[Int]], rows: WorkRows) {
        self.steps = steps
        self.rows = rows
    }

    private static let mark = Array("LTW1".utf8)

    /// The steps to take.
    public var plan: StretchPlan { StretchPlan(steps: steps) }

    /// The work as bytes: a mark; the examples; the number of steps; for each step, the number and the positions of its
    /// examples.
    public var data: Data {
        var writer = WorkWriter()
        writer.write(Self.mark)
        rows.write(to: &writer)
        writer.write(steps.count)
        for step in steps {
            writer.write(step.count)
            for row in step { writer.write(row) }
        }
        return writer.data
    }

    /// Reads work.
    ///
    /// - Throws: `TrainingError.invalidWork` if the work is malformed or exceeds the limits; all steps together take at
    ///   most `limits.maxTokens` examples, including repetitions.
    public init(_ data: Data, limits: WorkLimits) throws {
        var reader = WorkReader(data)
        guard try reader.readBytes(Self.mark.count, "the mark") == Self.mark else {
            throw reader.error("it does not begin with LTW1")
        }
        let rows = try WorkRows(from: &reader, limits: limits)
        let count = try reader.readCount("the number of steps", in: 1...StretchPlan.maxSteps)
        var left = limits.maxTokens
        steps = try (0..<count).map { step in
            let size = try reader.readCount("the number of examples of step \(step)", in: 1...max(1, left))
            left -= size
            return try (0..<size).map { _ in try reader.read("an example of step \(step)", in: 0...rows.count - 1) }
        }
        self.rows = rows
        try reader.finish()
    }
}
