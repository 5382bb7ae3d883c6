public import Foundation

/// A token that lets workers join. Only its digest is kept.
public struct TokenRecord: Sendable, Equatable {
    /// The token's SHA-256.
    public var digest: ContentDigest
    /// When it ceases to be good, if ever.
    public var expiry: Date?
    /// How many workers may still join with it.
    public var usesLeft: Int

    /// Creates a token's record.
    public init(digest: ContentDigest, expiry: Date?, usesLeft: Int) {
        self.digest = digest
        self.expiry = expiry
        self.usesLeft = usesLeft
    }
}
