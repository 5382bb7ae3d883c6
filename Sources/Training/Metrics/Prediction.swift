public import Models

/// A model's answer and the reference answers.
public struct Prediction: Sendable, Equatable {
    /// What names the question: a number or text.
    public var questionID: JSONValue
    /// The model's answer.
    public var prediction: String
    /// Reference answers or captions, in no particular order and possibly repeated.
    public var references: [String]

    /// Creates a prediction.
    public init(questionID: JSONValue, prediction: String, references: [String]) {
        (self.questionID, self.prediction, self.references) = (questionID, prediction, references)
    }
}
