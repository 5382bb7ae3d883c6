/// Which dataset, and how it is read.
public struct DatasetOptions: Equatable, Sendable {
    /// The file, the folder, the range of files, or the pattern of their names.
    public var path: String
    /// The folder that image paths of JSON examples are relative to.
    public var imageFolder: String
    /// How the dataset is written.
    public var format = DataFormat.automatic
    /// Question to ask about each image if the dataset has only captions or classes; `nil` uses the format's default.
    public var prompt: String?
    /// Column names.
    public var columns = ColumnMapping()
    /// What separates the fields of a table; nil lets its first line decide.
    public var separator: TableSeparator?
    /// File with the names of the class numbers in `.cls` members of archives, one per line; `nil` uses the number.
    public var classes: String?
    /// Whether rows that cannot be used are left out instead of refused. Every picture is decoded then, unless
    /// `decodesWhenNeeded`.
    public var skipsBadRows = false
    /// Whether rows whose pictures turn out to be unreadable later count as nothing then, so that none is decoded before.
    public var decodesWhenNeeded = false
    /// What messages call these settings.
    public var names = SettingNames.runFile

    /// A dataset whose format is detected from its content.
    public init(path: String, imageFolder: String = ".") {
        self.path = path
        self.imageFolder = imageFolder
    }

    /// Whether the path names several files, as `data/{000..123}.tar` or `data/train-*.parquet` does.
    public var isRange: Bool { ShardList.isRange(path) }
    /// The files of a range or a pattern, in order; none if `path` is neither.
    ///
    /// - Throws: `TrainingError` if a pattern matches no file.
    public func shards() throws -> [String] { isRange ? try ShardList.shards(at: path) : [] }

    /// The examples as they are written; nothing is validated.
    ///
    /// - Throws: `TrainingError` if the dataset cannot be read or is of no known format.
    public func openRows() throws -> any DatasetRows { try DatasetFormats.open(self).rows }
}
