/// What images are asked and answered of which only the class is known, by its number.
struct ClassAnswers: Sendable {
    /// What is asked.
    let question: String
    /// The classes' names by their numbers; nil answers with the number.
    let names: [String]?

    /// The answer for a class.
    ///
    /// - Throws: `RowProblem.Reason` if there is no class of that number.
    func answer(_ number: Int) throws -> String {
        guard let names else { return "\(number)" }
        guard names.indices.contains(number) else {
            throw RowProblem.Reason(
                "is of class \(number), but data.classes names \(names.count) classes, from 0 to \(names.count - 1)")
        }
        return names[number]
    }
}
