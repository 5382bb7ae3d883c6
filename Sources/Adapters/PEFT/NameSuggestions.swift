/// Finds names close to one that was mistyped.
enum NameSuggestions {
    /// The nearest of `candidates`, at most `limit`, nearest first; none that is too far to be meant.
    static func nearest(to name: String, among candidates: some Sequence<String>, limit: Int = 3) -> [String] {
        let tolerance = max(2, name.count / 3)
        let scored = Set(candidates).compactMap { candidate -> (distance: Int, name: String)? in
            guard abs(candidate.count - name.count) <= tolerance else { return nil }
            let distance = editDistance(Array(name.lowercased().utf8), Array(candidate.lowercased().utf8))
            return distance <= tolerance ? (distance, candidate) : nil
        }
        return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(limit).map(\.name)
    }

    /// `; did you mean "a", "b"?`, or nothing.
    static func question(for name: String, among candidates: some Sequence<String>) -> String {
        let names = nearest(to: name, among: candidates)
        return names.isEmpty ? "" : "; did you mean \(names.map { "\"\($0)\"" }.joined(separator: ", "))?"
    }

    /// The ends of module paths with as many parts as `entry`: what the entry could have been meant to match.
    static func pathEnds(of paths: some Sequence<String>, like entry: String) -> Set<String> {
        let parts = entry.split(separator: ".").count
        return Set(paths.map { $0.split(separator: ".").suffix(max(1, parts)).joined(separator: ".") })
    }

    /// Levenshtein's distance.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (byte == other ? 0 : 1)
                current.append(min(change, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
