/// A number of bytes a second that is not exceeded on average.
struct ByteRate: Sendable, Equatable {
    /// What a pause may save up.
    private static let credit = Duration.milliseconds(250)

    /// Bytes a second.
    let limit: Int
    /// When all bytes so far would have gone at the limit.
    private var paid = Duration.zero

    /// - Parameter limit: bytes a second, at least 1.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Counts bytes that go or have come.
    ///
    /// - Parameter now: never earlier than before.
    /// - Returns: how long to wait before the next.
    mutating func take(_ bytes: Int, at now: Duration) -> Duration {
        paid = max(paid, now - Self.credit) + .seconds(Double(bytes) / Double(limit))
        return max(.zero, paid - now)
    }
}
