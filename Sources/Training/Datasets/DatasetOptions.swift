/// Which dataset, and how it is read.
public struct DatasetOptions: Equatable, Sendable {
    /// The file, the folder, the range of files, or the pattern of their names.
    public var path: String
    /// The folder that image paths of JSON examples are relative to.
    public var imageFolder: String
    /// How the dataset is written.
    public var format = DataFormat.automatic
    /// What an image is asked where the dataset has captions or classes only; `nil` takes the format's own question.
    public var prompt: String?
    /// Which column holds what.
    public var columns = ColumnMapping()
    /// What separates the fields of a table; nil lets its first line decide.
    public var separator: TableSeparator?
    /// The names of the classes whose numbers `.cls` members of archives hold, a file with one per line; `nil` takes
    /// the number.
    public var classes: String?
    /// Whether examples that cannot be used are left out instead of refused. Every image is decoded then.
    public var skipsBadRows = false
    /// What messages call these settings.
    public var names = SettingNames.runFile

    /// A dataset that is recognised by what it holds.
    public init(path: String, imageFolder: String = ".") {
        self.path = path
        self.imageFolder = imageFolder
    }

    /// Whether the path stands for several files, as `data/{000..123}.tar` or `data/train-*.parquet` does.
    public var isRange: Bool { ShardList.isRange(path) }
    /// The files that a range or a pattern stands for, in order; none where `path` is neither.
    ///
    /// - Throws: `TrainingError` if a pattern fits no file.
    public func shards() throws -> [String] { isRange ? try ShardList.shards(at: path) : [] }

    /// The examples as they are written; nothing is validated.
    ///
    /// - Throws: `TrainingError` if the dataset cannot be read or is of no known format.
    public func openRows() throws -> any DatasetRows { try DatasetFormats.open(self).rows }
}
