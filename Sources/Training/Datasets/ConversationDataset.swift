/// A dataset whose examples have all been validated, except those that were skipped.
public struct ConversationDataset: Sendable {
    /// The examples, good and bad.
    public let rows: any DatasetRows
    /// How it is written.
    public let format: DataFormat
    /// The skipped examples with their reasons, in order; empty unless skipping was requested.
    public let skipped: [RowProblem]
    /// Whether bad examples are left out instead of refused.
    let skipsBadRows: Bool
    /// What messages call the settings.
    let names: SettingNames
    private let isRecognised: Bool
    private let notes: RowNotes
    private let hasUnusedPrompt: Bool

    /// Opens a dataset and validates every example: its form, the order of its turns, its markers, and that each image
    /// exists and has a readable header. Images are decoded when needed. If bad examples are to be skipped, images are
    /// also decoded here, because skipping an example later would change every step after it.
    ///
    /// - Parameter fit: Checks whether a model can take the images; `nil` skips the check.
    /// - Throws: `TrainingError` if the dataset cannot be read, or with a list of the examples that cannot be used, the
    ///   first 20 with their reasons.
    public init(_ options: DatasetOptions, fit: PictureFit? = nil) throws {
        (rows, format) = try DatasetFormats.open(options)
        isRecognised = options.format == .automatic
        skipsBadRows = options.skipsBadRows
        names = options.names
        hasUnusedPrompt = options.prompt != nil && !DatasetFormats.asksPrompt(format)
        guard rows.count <= Int32.max else {
            throw TrainingError(
                .unsupported, "\(options.path): has \(rows.count) examples, more than \(Int32.max): split it")
        }
        let (problems, notes) = Self.checked(rows, decodes: options.skipsBadRows && !options.decodesWhenNeeded, fit)
        self.notes = notes
        guard problems.isEmpty || options.skipsBadRows && problems.count < rows.count else {
            throw TrainingError.rows(problems, of: options.path, rowCount: rows.count)
        }
        skipped = problems
    }

    /// Opens a dataset and detects its format from the content; see `init(_:fit:)`.
    ///
    /// - Parameters:
    ///   - path: A file, folder or range of archives.
    ///   - imageFolder: The folder that image paths are relative to.
    public init(path: String, imageFolder: String) throws {
        try self.init(DatasetOptions(path: path, imageFolder: imageFolder))
    }

    /// The dataset's path.
    public var path: String { rows.path }

    /// Number of examples, including skipped ones.
    public var count: Int { rows.count }

    /// A line about the dataset: `train.json: 1200 examples, llava (recognised)`, and notes on its examples.
    public var notice: String {
        let kind = "\(format.rawValue)\(isRecognised ? " (recognised)" : "")"
        let line = "\(path): \(count) examples, \(([kind] + [rows.remark].compactMap(\.self)).joined(separator: ", "))"
        let unused = hasUnusedPrompt ? ["the prompt is not used: only \(DatasetFormats.asking) use it"] : []
        return ([line] + notes.texts + unused).joined(separator: "; ")
    }

    /// Reads one example.
    ///
    /// - Throws: `RowProblem` if it cannot be read.
    public func conversation(at row: Int) throws -> Conversation { try rows.conversation(at: row) }

    /// What is wrong with examples, and what is to be said about the others.
    private static func checked(
        _ dataset: any DatasetRows, decodes: Bool, _ fit: PictureFit?
    ) -> (problems: [RowProblem], notes: RowNotes) {
        let found = RowChunks(count: dataset.count, chunkSize: decodes ? 32 : 1024).map { rows in
            var pictures = PictureCheck(decodes: decodes, fit: fit)
            var (problems, notes) = ([RowProblem](), RowNotes())
            for row in rows {
                do {
                    let conversation = try dataset.conversation(at: row)
                    let reason =
                        ConversationRules.reason(against: conversation) ?? pictures.reason(against: conversation)
                    if let reason { problems.append(dataset.problem(row, reason, id: conversation.id)) }
                    if reason == nil { notes = notes + conversation.notes }
                } catch {
                    problems.append(error as? RowProblem ?? dataset.problem(row, "\(error)"))
                }
            }
            return (problems, notes)
        }
        return (found.flatMap(\.0), found.map(\.1).reduce(RowNotes(), +))
    }
}
