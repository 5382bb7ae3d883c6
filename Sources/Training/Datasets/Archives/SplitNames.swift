/// Names of Parquet files as `datasets` and the Hub write them: `train-00000-of-00005.parquet`, with a hash behind the numbers or
/// not, and `test.parquet`.
enum SplitNames {
    private static let known: Set<String> = ["train", "test", "validation", "valid", "val", "dev", "eval"]

    /// Checks that a folder's files are of one split, and all there.
    ///
    /// - Throws: `TrainingError`.
    static func check(_ names: [String], in folder: String) throws {
        let parts = names.map { $0.wholeMatch(of: /(.*)-[0-9]{5,}-of-([0-9]{5,})\.parquet/) }
        let splits = Set(zip(names, parts).map { $1.map { String($0.1) } ?? stem(of: $0) }).sorted()
        let isSplit = parts.contains { $0 != nil } || splits.contains { known.contains($0) }
        guard !isSplit || splits.count == 1 else {
            throw TrainingError(
                .invalidDataset,
                "\(folder): contains files of several splits (\(splits.prefix(5).joined(separator: ", "))): give "
                    + "one of them, such as '\(folder)/\(splits.contains("train") ? "train" : splits[0])*.parquet'"
            )
        }
        let expected = parts.compactMap { $0.flatMap { Int($0.2) } }.max() ?? names.count
        guard names.count == expected else {
            throw TrainingError(
                .invalidDataset, "\(folder): contains \(names.count) of the \(expected) files of \(splits[0])")
        }
    }

    /// Checks that the files that a pattern takes are all that there are of their splits, by their own names.
    ///
    /// - Throws: `TrainingError`.
    static func checkParts(_ names: [String], of pattern: String) throws {
        let parts = names.compactMap { $0.wholeMatch(of: /(.*)-([0-9]{5,})-of-([0-9]{5,})(?:-[0-9a-f]+)?\.parquet/) }
        let splits = Dictionary(grouping: parts) { "\($0.1)-of-\($0.3)" }.sorted { $0.key < $1.key }
        for part in splits.compactMap(\.value.first) {
            let found = Set(parts.filter { $0.1 == part.1 && $0.3 == part.3 }.map(\.2)).count
            guard let expected = Int(part.3), found < expected else { continue }
            throw TrainingError(
                .invalidDataset,
                "\(pattern): matches \(found) of the \(expected) files of \(part.1): download the others, or name "
                    + "the files to read in a text file, one per line"
            )
        }
    }

    /// A name without its ending and the number before that.
    private static func stem(of name: String) -> String {
        let stem = name.dropLast(ShardKind.parquet.ending.count)
        return String(stem.prefix(upTo: stem.firstRange(of: /[-_.]?[0-9]+/)?.lowerBound ?? stem.endIndex))
    }
}
