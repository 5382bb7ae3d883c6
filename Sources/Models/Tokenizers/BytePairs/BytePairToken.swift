/// A token the model made of a piece, and how many bytes of the piece's UTF-8 it stands for.
struct BytePairToken: Sendable {
    var id: Int32
    var length: Int32
}
