import Synchronization

/// A number of bytes from which parts are reserved before memory or disk is taken.
final class ByteBudget: Sendable {
    /// A part of the budget, given back when nobody refers to it any more.
    final class Reservation: Sendable {
        let byteCount: Int
        private let budget: ByteBudget

        fileprivate init(_ byteCount: Int, of budget: ByteBudget) {
            self.byteCount = byteCount
            self.budget = budget
        }

        deinit { budget.reserved.withLock { $0 -= byteCount } }
    }

    let limit: Int
    private let reserved = Mutex(0)

    init(limit: Int) { self.limit = limit }

    /// Bytes that are reserved now.
    var used: Int { reserved.withLock { $0 } }

    /// Reserves bytes, or returns nil where not as many are left.
    func reserve(_ byteCount: Int) -> Reservation? {
        let isGranted = reserved.withLock { reserved in
            guard byteCount >= 0, byteCount <= limit - reserved else { return false }
            reserved += byteCount
            return true
        }
        return isGranted ? Reservation(byteCount, of: self) : nil
    }
}
