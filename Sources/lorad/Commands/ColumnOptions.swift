import ArgumentParser
import Training

/// Which column of a dataset holds what, and what separates columns: the options of every command that reads rows.
struct ColumnOptions: ParsableArguments {
    @Option(
        help:
            "Column names that differ from the default, for example image=filepath,question=query. An empty text maps nothing.",
        transform: { text in
            do {
                return try ColumnMapping(text: text)
            } catch {
                throw ValidationError("\(error)")
            }
        })
    var columns: ColumnMapping?

    @Option(
        help: "Field separator of CSV files: tab or one character (default: detected from the first line).",
        transform: { name in
            guard let separator = TableSeparator(name: name) else {
                throw ValidationError("expected tab or one character, found `\(name)`")
            }
            return separator
        })
    var separator: TableSeparator?

    /// Sets what is given.
    func set(_ options: inout DatasetOptions) {
        options.columns = columns ?? options.columns
        options.separator = separator ?? options.separator
    }
}
