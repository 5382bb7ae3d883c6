/// -∞ for each score below the k-th largest (arXiv:1805.04833); equal ones stay.
struct TopKFilter: LogitsProcessor {
    let count: Int

    func apply(to scores: inout [Float], after tokens: [Int32]) {
        guard count < scores.count else { return }
        let last = Self.largest(count, of: scores)
        for index in scores.indices where scores[index] < last { scores[index] = -.infinity }
    }

    /// The k-th largest value, by looking only into the part where it lies (Hoare's FIND, CACM 4, 1961).
    static func largest(_ count: Int, of values: [Float]) -> Float {
        var (rest, wanted) = (values, count)
        while true {
            let pivot = [rest[0], rest[rest.count / 2], rest[rest.count - 1]].sorted()[1]
            let larger = rest.filter { $0 > pivot }
            guard wanted > larger.count else {
                rest = larger
                continue
            }
            let smaller = rest.filter { $0 < pivot }
            guard wanted > rest.count - smaller.count else { return pivot }
            wanted -= rest.count - smaller.count
            rest = smaller
        }
    }
}
