/// Rows as tokens and labels, their pictures as paths.
public protocol EncodedRows: RowLengths {
    /// A row.
    ///
    /// - Throws: what is wrong with it.
    func example(at index: Int) throws -> EncodedExample
}

/// The rows of a dataset that can be trained on, each encoded when it is asked for.
public struct EncodedDataset: EncodedRows {
    private let dataset: ConversationDataset
    private let encoder: any RowEncoder
    private let kept: [Measure]
    /// How many rows were left out because they are too long.
    public let droppedCount: Int
    /// The rows that were left out because they cannot be used, in their order; empty unless that was asked for.
    public let skipped: [RowProblem]

    /// What is remembered of a row.
    private struct Measure: Sendable {
        let row: Int32
        let length: Int32
        let supervised: Int32

        init(_ example: EncodedExample) {
            row = Int32(example.row)
            length = Int32(example.ids.count)
            supervised = Int32(example.supervisedCount)
        }
    }

    /// Encodes every row once to learn that it can be, and its length; the tokens are not kept.
    ///
    /// - Throws: `TrainingError` that lists the rows that are too long (unless they are to be dropped) or have nothing
    ///   to learn, where the dataset does not leave such rows out.
    public init(
        _ dataset: ConversationDataset, encoder: any RowEncoder, maxLength: Int, onLong: DataArguments.LongRows
    ) throws {
        self.dataset = dataset
        self.encoder = encoder
        let limit = LengthLimit(maxLength, model: encoder.lengthLimit)
        let measures = Self.measure(dataset, encoder, limit: onLong == .error ? limit : nil)
        let problems = measures.flatMap(\.problems)
        let readable = measures.flatMap(\.rows)
        guard problems.isEmpty || dataset.skipsBadRows && !readable.isEmpty else {
            throw TrainingError.rows(problems, of: dataset.path, rowCount: dataset.count)
        }
        kept = readable.filter { $0.length <= limit.tokens }
        droppedCount = readable.count - kept.count
        skipped = (dataset.skipped + problems).sorted { $0.row < $1.row }
        guard !kept.isEmpty else {
            throw TrainingError(
                .invalidDataset,
                "\(dataset.path): all \(droppedCount) rows are longer than \(limit.name): \(limit.advice)")
        }
    }

    /// The dataset's path.
    public var path: String { dataset.path }

    /// How many rows the dataset has, those left out included.
    public var datasetCount: Int { dataset.count }

    /// How many rows there are to train on.
    public var count: Int { kept.count }

    /// The tokens of a row, by its position among those that are kept.
    public func length(at index: Int) -> Int { Int(kept[index].length) }

    /// The tokens of a row that count for the loss, by its position among those that are kept.
    public func supervisedCount(at index: Int) -> Int { Int(kept[index].supervised) }

    /// A row, by its position among those that are kept.
    public func example(at index: Int) throws -> EncodedExample {
        try encoder.encode(try dataset.conversation(at: Int(kept[index].row)))
    }

    /// The pictures of a row, by its position among those that are kept.
    ///
    /// - Throws: what is wrong with the row.
    public func pictures(at index: Int) throws -> [Picture] {
        try dataset.conversation(at: Int(kept[index].row)).images
    }

    /// Whom each row is about.
    ///
    /// - Throws: `TrainingError` that lists rows without a `person`.
    public func people() throws -> [String] {
        var problems: [RowProblem] = []
        let people = try kept.map { measure -> String in
            let row = Int(measure.row)
            let conversation = try dataset.conversation(at: row)
            if conversation.person == nil {
                problems.append(
                    dataset.rows.problem(row, "has no `person`: name whom it is about", id: conversation.id))
            }
            return conversation.person ?? ""
        }
        guard problems.isEmpty else {
            throw TrainingError.rows(problems, of: dataset.path, rowCount: dataset.count)
        }
        return people
    }

    /// What one stretch of rows came to.
    private struct Stretch: Sendable {
        var rows: [Measure] = []
        var problems: [RowProblem] = []
    }

    private static func measure(
        _ dataset: ConversationDataset, _ encoder: any RowEncoder, limit: LengthLimit?
    ) -> [Stretch] {
        let bad = Set(dataset.skipped.map(\.row))
        return RowChunks(count: dataset.count, chunkSize: 64).map { rows in
            var stretch = Stretch()
            for row in rows where !bad.contains(row) {
                do {
                    let example = try encoder.encode(try dataset.conversation(at: row))
                    try check(example, limit)
                    stretch.rows.append(Measure(example))
                } catch {
                    stretch.problems.append(problem(error, row: row, in: dataset))
                }
            }
            return stretch
        }
    }

    private static func check(_ example: EncodedExample, _ limit: LengthLimit?) throws {
        if let limit, example.ids.count > limit.tokens {
            throw RowProblem.Reason(
                "has \(example.ids.count) tokens, more than \(limit.name):"
                    + " \(limit.advice), or set data.on_long to drop")
        }
        guard example.supervisedCount > 0 else { throw RowProblem.Reason("has no token to learn") }
    }

    private static func problem(_ error: any Error, row: Int, in dataset: ConversationDataset) -> RowProblem {
        if let problem = error as? RowProblem { return problem }
        return dataset.rows.problem(
            row, RowProblem.reason(for: error), id: (try? dataset.conversation(at: row))?.id)
    }
}

/// How long rows may be, and what to do about longer ones.
private struct LengthLimit {
    let tokens: Int
    let name: String
    let advice: String

    /// The run's own limit, or the model's where that is lower.
    init(_ maxLength: Int, model: Int?) {
        tokens = min(maxLength, model ?? .max)
        let isModels = tokens < maxLength
        name = isModels ? "the \(tokens) that the model takes" : "data.max_length \(maxLength)"
        advice = isModels ? "shorten it" : "raise it"
    }
}
