/// How far an answer agrees with those of people (arXiv:1505.00468): the mean over each of them of
/// min(1, others who gave the answer / 3).
enum VQAAccuracy {
    /// The accuracy of an answer.
    ///
    /// Both sides are normalised. A single reference counts in full: with one person there are no others.
    static func of(_ prediction: String, _ references: [String]) -> Double {
        let answer = VQAAnswer(prediction)
        let matches = references.count { VQAAnswer($0) == answer }
        guard references.count > 1 else { return matches > 0 ? 1 : 0 }
        // For those who gave the answer there is one other less.
        let among = min(1, Double(max(0, matches - 1)) / 3)
        let outside = min(1, Double(matches) / 3)
        return (Double(matches) * among + Double(references.count - matches) * outside) / Double(references.count)
    }
}
