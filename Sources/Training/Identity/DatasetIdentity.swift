/// Identifies the examples of a dataset by their contents alone: moving or renaming files changes nothing.
///
/// Images are not part of it, because hashing them means reading every file: see `EncodedDataset.imageDigest()`.
public struct DatasetIdentity: Hashable, Sendable {
    /// Examples of the dataset.
    public let rowCount: Int
    /// Number of examples that are skipped because they cannot be used.
    public let skippedCount: Int
    /// Digest of the text of the examples, in order, and of the number of images of each.
    public let rows: ContentDigest
    /// The tokens and labels of the examples that are trained on: the result of template, tokenizer and length limit
    /// for `rows`.
    public let tokens: ContentDigest
}

/// The digests of neighbouring examples, computed while they are encoded.
struct RowDigests: Sendable {
    private var rows = ContentHasher()
    private var tokens = ContentHasher()

    /// Digests of no examples.
    init() {}

    /// The digests of stretches of examples, one after another. Where examples are split decides the result.
    init(joining parts: [RowDigests]) {
        for part in parts {
            rows.add(part.rows.digest)
            tokens.add(part.tokens.digest)
        }
    }

    /// Adds an example that is left out.
    mutating func addSkipped() { rows.add(-1) }

    /// Adds what an example says.
    mutating func add(_ conversation: Conversation) {
        rows.add(conversation.images.count)
        rows.add(conversation.turns.count)
        for turn in conversation.turns {
            rows.add(turn.role.rawValue)
            rows.add(turn.text)
        }
    }

    /// Adds what an example that is trained on became.
    mutating func add(_ example: EncodedExample) {
        example.ids.withUnsafeBytes { tokens.add($0) }
        example.labels.withUnsafeBytes { tokens.add($0) }
        tokens.add(example.images.count)
    }

    /// The identity of the dataset that these are all the examples of.
    func identity(rowCount: Int, skippedCount: Int) -> DatasetIdentity {
        DatasetIdentity(rowCount: rowCount, skippedCount: skippedCount, rows: rows.digest, tokens: tokens.digest)
    }
}
