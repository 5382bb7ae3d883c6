/// Which examples a run trains on and how they become tokens.
public struct DataArguments: Equatable, Sendable {
    /// What happens to an example of more than `maxLength` tokens; none is cut silently.
    public enum LongRows: String, CaseIterable, Sendable {
        case error
        case drop
        /// Captions of contrastive models only.
        case truncate
    }

    /// The dataset to train on: a file, a folder, or a range of archives.
    public var train = ""
    /// The folder that the image paths of JSON examples are relative to.
    public var images = "."
    /// The dataset to evaluate on.
    public var validation: String?
    /// How the datasets are written.
    public var format = DataFormat.automatic
    /// Column names of the datasets.
    public var columns = ColumnMapping()
    /// What separates the fields of a table: `auto`, `tab` or a character.
    public var separator = TableSeparator.automatic
    /// File with the names of the class numbers in `.cls` members of archives, one per line.
    public var classes: String?
    /// Question to ask about each image if a dataset has only captions or classes; `nil` uses the format's default.
    public var prompt: String?
    /// The most tokens that an example may have, image tokens included.
    public var maxLength = 2048
    /// What happens to longer examples.
    public var onLong = LongRows.error
    /// The conversation template's name, or `auto`.
    public var template = ConversationTemplates.automatic
    /// Whether examples are taken in a new random order each epoch, by `TrainingArguments.seed`.
    public var shuffle = true

    /// The folder to keep features of images in that no training changes; empty computes them every time.
    public var featureCache = ""
    /// Maximum size of this folder, in units of 10⁹ bytes.
    public var featureCacheGigabytes = 16.0

    /// No file yet, the default limits.
    public init() {}

    /// A dataset that is read as these arguments say.
    public func options(path: String) -> DatasetOptions {
        var options = DatasetOptions(path: path, imageFolder: images)
        options.format = format
        options.prompt = prompt
        options.columns = columns
        options.separator = TableSeparator(name: separator)
        options.classes = classes
        return options
    }
}
