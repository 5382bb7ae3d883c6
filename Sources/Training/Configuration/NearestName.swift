/// Finds the known name that a misspelt one was most likely meant to be.
public enum NearestName {
    /// The candidate with the fewest edits from `name`, or `nil` if none is within a third of its length (at least 2).
    public static func of<Names: Sequence<String>>(_ name: String, among candidates: Names) -> String? {
        let limit = max(2, name.count / 3)
        return
            candidates
            .map { (name: $0, distance: editDistance(name, $0)) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
            .name
    }

    /// The fewest single-character insertions, deletions and replacements that turn one text into the other
    /// (Levenshtein 1966), upper and lower case counting as equal.
    public static func editDistance(_ first: String, _ second: String) -> Int {
        let target = Array(second.lowercased())
        var row = Array(0...target.count)
        for (i, character) in first.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in target.indices {
                let replaced = diagonal + (character == target[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[target.count]
    }
}
