/// Why something in a Parquet file cannot be read. Whoever knows the column, the row group or the file adds it.
struct ParquetError: Error, CustomStringConvertible {
    /// The kind of failure.
    let code: TrainingError.Code
    /// What was expected and what was found.
    let reason: String

    /// Bytes that do not follow the format.
    static func damaged(_ reason: String) -> ParquetError { ParquetError(code: .corruptFile, reason: reason) }

    /// A part of the format that is not read.
    static func unsupported(_ reason: String) -> ParquetError { ParquetError(code: .unsupported, reason: reason) }

    var description: String { reason }

    /// The same error, with where it happened in front.
    func at(_ place: String) -> ParquetError { ParquetError(code: code, reason: "\(place): \(reason)") }

    /// The error of a file.
    func error(in file: String) -> TrainingError { TrainingError(code, "\(file): \(reason)") }

    /// What to do about a file that is written in a way that is not read.
    static let rewrite =
        "rewrite it with Python: import pyarrow.parquet as pq; pq.write_table(pq.read_table('OLD'), 'NEW')"

    /// The body's result; an error tells where it happened.
    static func locating<Result>(_ place: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as ParquetError {
            throw error.at(place())
        }
    }
}
