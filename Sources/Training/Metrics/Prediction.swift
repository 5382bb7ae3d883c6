public import Models

/// What a model answered, and what people did.
public struct Prediction: Sendable, Equatable {
    /// What names the question: a number or text.
    public var questionID: JSONValue
    /// The model's answer.
    public var prediction: String
    /// Answers or captions of people, in no order; the same one may stand there several times.
    public var references: [String]

    /// Creates a prediction.
    public init(questionID: JSONValue, prediction: String, references: [String]) {
        (self.questionID, self.prediction, self.references) = (questionID, prediction, references)
    }
}
