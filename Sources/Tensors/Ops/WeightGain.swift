import Synchronization

/// What has been added to a frozen weight since the model was built: a product of low rank that each pass reads anew, so that the
/// model stays as it is when the sum grows.
///
/// Must not change while a pass is under way.
public final class WeightGain: Sendable {
    private let factors = Mutex<LowRankFactors?>(nil)

    /// Creates one that adds nothing.
    public init() {}

    /// The product, of constants in float32; `nil` adds nothing.
    public var current: LowRankFactors? {
        get { factors.withLock(\.self) }
        set { factors.withLock { $0 = newValue } }
    }
}
