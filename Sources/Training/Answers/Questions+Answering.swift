import Foundation
import Models

extension Questions {
    /// Lets a model answer all questions, one at a time per lane.
    ///
    /// - Parameter onAnswer: called with the number of answers so far, from any thread.
    /// - Returns: the answers, without space around them, in the order of the questions.
    /// - Throws: what is wrong with an example or image, or with the model's scores.
    public func answered(
        by writer: AnswerWriter, lanes: Lanes, onAnswer: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> [Prediction] {
        let found = Locked<[Int: Prediction]>([:])
        try lanes.forEach(count) { index in
            do {
                let question = try self[index]
                let answer = try writer.answer(writer.prompt(question.turns, images: question.images))
                let prediction = Prediction(
                    questionID: question.id, prediction: answer.text.trimmingCharacters(in: .whitespacesAndNewlines),
                    references: question.references)
                let done = found.withLock { found in
                    found[index] = prediction
                    return found.count
                }
                onAnswer(done)
            } catch {
                throw problem(index, error)
            }
        }
        return found.withLock { found in (0..<count).compactMap { found[$0] } }
    }
}
