/// The location of an image's bytes.
///
/// It does not contain the bytes, so the images of a dataset take no memory before they are read. Two are equal if
/// their location is the same.
public struct Picture: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of places.
    public enum Place: Hashable, Sendable {
        /// A separate file.
        case file(path: String)
        /// Bytes of a larger file, as a member of an archive is.
        case part(path: String, bytes: Range<Int>)
        /// Text of a `data:` URL in an example of JSON: the file's bytes that are the example, and which of its URLs it
        /// is.
        case row(path: String, bytes: Range<Int>, number: Int)
        /// A value of a Parquet file.
        case cell(ParquetCell)
    }

    /// Where it is.
    public let place: Place
    /// What errors call it.
    public let description: String

    /// Creates an image without reading anything.
    ///
    /// - Parameter name: its name in error messages.
    public init(_ place: Place, name: String) {
        self.place = place
        description = name
    }

    /// An image in a separate file.
    public init(file path: String) { self.init(.file(path: path), name: path) }
}
