/// The memory one encoding call works in, kept between calls.
struct BytePairScratch: Sendable {
    /// The tokens of the piece at hand.
    var tokens: [BytePairToken] = []
    /// The word at hand.
    var word = BytePairWord()
    /// The words before.
    var cache = WordCache()
}
