/// How much a Parquet file may ask for. Writers' defaults stay far below.
enum ParquetLimits {
    /// Bytes of the footer.
    static let footerBytes = 1 << 28
    /// Columns and groups of the schema.
    static let schemaElements = 1 << 14
    /// How deep groups may are in each other.
    static let schemaDepth = 64
    /// Bytes of an unpacked page.
    static let pageBytes = 1 << 30
    /// Values of a page, nulls included.
    static let pageValues = 1 << 24
    /// Values of a row in one column.
    static let rowValues = 1 << 20
    /// Bytes of the unpacked pages that are kept for rows to come.
    static let cacheBytes = 1 << 28
}
