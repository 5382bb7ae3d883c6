import Synchronization

/// The pages and dictionaries that were unpacked last, up to a number of bytes; the last one is kept in any case.
final class ParquetPageCache: Sendable {
    /// What is kept: the page of a number, or the dictionary.
    struct Key: Hashable, Sendable {
        let file: Int
        let group: Int
        let column: Int
        /// −1 for the dictionary.
        let page: Int
    }

    /// What was unpacked.
    enum Entry: Sendable {
        case page(ParquetPage)
        case dictionary(ParquetValues, cost: Int)

        var cost: Int {
            switch self {
            case .page(let page): page.cost
            case .dictionary(_, let cost): cost
            }
        }
    }

    fileprivate struct State {
        var entries: [Key: (entry: Entry, use: Int)] = [:]
        /// Each use of an entry, the oldest first; only an entry's last one counts.
        var uses: [(key: Key, use: Int)] = []
        var firstUse = 0
        var clock = 0
        var cost = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int = ParquetLimits.cacheBytes) { self.limit = limit }

    /// The bytes that the kept entries take.
    var cost: Int { state.withLock { $0.cost } }

    /// What is kept under a key, or what the body makes, which is kept then.
    func entry(_ key: Key, _ make: () throws -> Entry) throws -> Entry {
        if let found = state.withLock({ $0.use(key) }) { return found }
        let made = try make()
        state.withLock { $0.keep(made, key, limit) }
        return made
    }
}

extension ParquetPageCache.State {
    fileprivate mutating func use(_ key: ParquetPageCache.Key) -> ParquetPageCache.Entry? {
        guard let entry = entries[key]?.entry else { return nil }
        note(key)
        return entry
    }

    fileprivate mutating func keep(_ entry: ParquetPageCache.Entry, _ key: ParquetPageCache.Key, _ limit: Int) {
        guard entries[key] == nil else { return }
        entries[key] = (entry, 0)
        cost += entry.cost
        note(key)
        while cost > limit, entries.count > 1, firstUse < uses.count {
            let oldest = uses[firstUse]
            firstUse += 1
            guard let kept = entries[oldest.key], kept.use == oldest.use else { continue }
            cost -= kept.entry.cost
            entries[oldest.key] = nil
        }
    }

    private mutating func note(_ key: ParquetPageCache.Key) {
        clock += 1
        entries[key]?.use = clock
        uses.append((key, clock))
        guard uses.count > 64 + 4 * entries.count else { return }
        uses = uses[firstUse...].filter { entries[$0.key]?.use == $0.use }
        firstUse = 0
    }
}
