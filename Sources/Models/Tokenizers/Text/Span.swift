/// A range of scalar positions in the original text.
struct Span: Sendable, Equatable {
    var start: Int32
    var end: Int32
}
