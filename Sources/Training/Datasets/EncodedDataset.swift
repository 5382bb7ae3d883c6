/// Examples as tokens and labels, their images as paths.
public protocol EncodedRows: RowLengths {
    /// An example.
    ///
    /// - Throws: what is wrong with it.
    func example(at index: Int) throws -> EncodedExample
}

/// The examples of a dataset that can be trained on, each encoded when it is asked for.
public struct EncodedDataset: EncodedRows {
    private let dataset: ConversationDataset
    private let encoder: any RowEncoder
    private let kept: [Measure]
    /// Number of examples that were dropped because they are too long.
    public let droppedCount: Int
    /// How many examples are cut because they are too long.
    public let truncatedCount: Int
    /// How many tokens an example may have; longer ones are cut.
    private let cutLength: Int?
    /// The examples that were skipped because they cannot be used, in order; empty unless skipping was requested.
    public let skipped: [RowProblem]
    /// A digest of the examples, without their images.
    public let identity: DatasetIdentity
    private let unreadable: Set<Int>

    /// What is remembered of an example.
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

    /// Encodes every example once to learn that it can be, and its length; the tokens are not kept.
    ///
    /// - Throws: `TrainingError` that lists the examples that are too long (unless they are to be dropped) or have
    ///   nothing to learn, if the dataset does not leave such examples out.
    public init(
        _ dataset: ConversationDataset, encoder: any RowEncoder, maxLength: Int, onLong: DataArguments.LongRows
    ) throws {
        self.dataset = dataset
        self.encoder = encoder
        let limit = LengthLimit(maxLength, model: encoder.lengthLimit, dataset.names)
        cutLength = onLong == .truncate ? limit.tokens : nil
        if onLong == .truncate { try Self.checkShortens(encoder, to: limit.tokens) }
        unreadable = Set(dataset.skipped.map(\.row))
        let measures = Self.measure(
            dataset, encoder, except: unreadable, limit, refusesLong: onLong == .error, cutTo: cutLength)
        let problems = measures.flatMap(\.problems)
        let readable = measures.flatMap(\.rows)
        guard problems.isEmpty || dataset.skipsBadRows && !readable.isEmpty else {
            throw TrainingError.rows(problems, of: dataset.path, rowCount: dataset.count)
        }
        kept = readable.filter { $0.length <= limit.tokens }
        droppedCount = readable.count - kept.count
        truncatedCount = measures.reduce(0) { $0 + $1.cutCount }
        skipped = (dataset.skipped + problems).sorted { $0.row < $1.row }
        identity = RowDigests(joining: measures.map(\.digests)).identity(
            rowCount: dataset.count, skippedCount: skipped.count)
        guard !kept.isEmpty else {
            throw TrainingError(
                .invalidDataset,
                "\(dataset.path): all \(droppedCount) examples are longer than \(limit.name): \(limit.advice)")
        }
    }

    /// The dataset's path.
    public var path: String { dataset.path }

    /// How the dataset is written.
    public var format: DataFormat { dataset.format }

    /// Number of examples in the dataset, including those left out.
    public var datasetCount: Int { dataset.count }

    /// How many examples there are to train on.
    public var count: Int { kept.count }

    /// The most tokens of an example.
    public var longestLength: Int { kept.reduce(0) { max($0, Int($1.length)) } }

    /// What a user should know about examples that are cut; `nil` if none is.
    public var truncationNotice: String? {
        guard truncatedCount > 0 else { return nil }
        let what = truncatedCount == 1 ? "1 caption is" : "\(truncatedCount) captions are"
        return
            "\(path): \(what) longer than \(longestLength) tokens and truncated, keeping the end token (on_long: "
            + "truncate)"
    }

    /// Number of tokens of an example, by its position among the kept ones.
    public func length(at index: Int) -> Int { Int(kept[index].length) }

    /// Number of supervised tokens of an example, by its position among the kept ones.
    public func supervisedCount(at index: Int) -> Int { Int(kept[index].supervised) }

    /// An example, by its position among the kept ones.
    public func example(at index: Int) throws -> EncodedExample {
        try Self.example(dataset.conversation(at: Int(kept[index].row)), encoder, cutTo: cutLength).example
    }

    /// An example as it is learned, and whether it was cut.
    private static func example(
        _ conversation: Conversation, _ encoder: any RowEncoder, cutTo limit: Int?
    ) throws -> (example: EncodedExample, isCut: Bool) {
        let whole = try encoder.encode(conversation)
        guard let limit, whole.ids.count > limit, let short = encoder.shortened(whole, to: limit) else {
            return (whole, false)
        }
        return (short, true)
    }

    /// Refuses to cut examples of which every token is learned from, or stands for an image.
    private static func checkShortens(_ encoder: any RowEncoder, to limit: Int) throws {
        let example = EncodedExample(ids: [0, 0, 0], labels: [0, 0, 0], images: [], row: 0)
        guard encoder.shortened(example, to: 2) == nil else { return }
        throw TrainingError(
            .unsupported,
            "data.on_long: truncate is for the captions of CLIP models, which were trained with truncated captions: "
                + "a truncated conversation loses the end of its answer, and the model learns to stop in the middle "
                + "or to describe an image that it does not see; raise data.max_length, or set data.on_long to drop"
        )
    }

    /// The images of an example, by its position among the kept ones.
    ///
    /// - Throws: what is wrong with the example.
    public func pictures(at index: Int) throws -> [Picture] {
        try dataset.conversation(at: Int(kept[index].row)).images
    }

    /// Whom each example is about.
    ///
    /// - Returns: a name for each row, `nil` for those without a `person`, and these as problems.
    /// - Throws: `TrainingError` that lists rows without a `person`, if all are or the dataset does not leave such rows out.
    public func people() throws -> (names: [String?], problems: [RowProblem]) {
        var problems: [RowProblem] = []
        let people = try kept.map { measure -> String? in
            let row = Int(measure.row)
            let conversation = try dataset.conversation(at: row)
            if conversation.person == nil {
                problems.append(
                    dataset.rows.problem(row, "has no `person`: name the person whom it is about", id: conversation.id))
            }
            return conversation.person
        }
        guard problems.isEmpty || dataset.skipsBadRows && problems.count < people.count else {
            throw TrainingError.rows(problems, of: dataset.path, rowCount: dataset.count)
        }
        return (people, problems)
    }

    /// What one stretch of examples came to.
    private struct Stretch: Sendable {
        var rows: [Measure] = []
        var problems: [RowProblem] = []
        var cutCount = 0
        var digests = RowDigests()
    }

    /// Whether an example of the dataset, by its position there, was left out before it was encoded.
    func isUnreadable(_ row: Int) -> Bool { unreadable.contains(row) }

    /// An example of the dataset, by its position there.
    func conversation(at row: Int) throws -> Conversation { try dataset.conversation(at: row) }

    private static func measure(
        _ dataset: ConversationDataset, _ encoder: any RowEncoder, except unreadable: Set<Int>, _ limit: LengthLimit,
        refusesLong: Bool, cutTo cutLength: Int?
    ) -> [Stretch] {
        RowChunks(count: dataset.count, chunkSize: 64).map { rows in
            var stretch = Stretch()
            for row in rows {
                guard !unreadable.contains(row) else {
                    stretch.digests.addSkipped()
                    continue
                }
                do {
                    let conversation = try dataset.conversation(at: row)
                    stretch.digests.add(conversation)
                    let (example, isCut) = try Self.example(conversation, encoder, cutTo: cutLength)
                    try check(example, refusesLong ? limit : nil)
                    if isCut { stretch.cutCount += 1 }
                    stretch.rows.append(Measure(example))
                    if example.ids.count <= limit.tokens { stretch.digests.add(example) }
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
                    + " \(limit.advice)\(limit.onLong)")
        }
        guard example.supervisedCount > 0 else { throw RowProblem.Reason("has no token to learn") }
    }

    private static func problem(_ error: any Error, row: Int, in dataset: ConversationDataset) -> RowProblem {
        if let problem = error as? RowProblem { return problem }
        return dataset.rows.problem(
            row, RowProblem.reason(for: error), id: (try? dataset.conversation(at: row))?.id)
    }
}

/// How long examples may be, and what to do about longer ones.
private struct LengthLimit {
    let tokens: Int
    let name: String
    let advice: String
    let onLong: String

    /// The run's own limit, or the model's where that is lower.
    init(_ maxLength: Int, model: Int?, _ names: SettingNames) {
        tokens = min(maxLength, model ?? .max)
        let isModels = tokens < maxLength
        name = isModels ? "the \(tokens) that the model allows" : "\(names.maxLength) \(maxLength)"
        advice = isModels ? "shorten it" : "raise it"
        onLong = names.onLong
    }
}
