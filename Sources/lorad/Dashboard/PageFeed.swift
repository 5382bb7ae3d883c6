import Foundation
import Synchronization

/// Sends the page of a run that continues to whoever looks, as server-sent events: the whole page when it has changed.
final class PageFeed: Sendable {
    /// A page as it is sent; a higher number is a later one.
    struct Edition: Equatable, Sendable {
        var number = 0
        var json = "{}"
    }

    private struct State {
        var edition = Edition()
        var page: RunPage?
        var made: ContinuousClock.Instant?
        var isOver = false
        var readers = 0
    }

    /// The most that look at once: each costs a connection and some memory.
    static let readerLimit = 32
    /// A page is made again after this time.
    private static let interval = Duration.milliseconds(500)
    /// Pages that are looked at between two signs of life, which also show whether anybody still listens.
    private static let quiet = 30

    private let make: @Sendable () -> RunPage
    private let state = Mutex(State())

    /// - Parameter make: the page as it is now; must not wait for anything.
    init(_ make: @escaping @Sendable () -> RunPage) { self.make = make }

    /// The page as it was a moment ago.
    var edition: Edition {
        state.withLock { state in
            let isFresh = state.made.map { .now - $0 < Self.interval } ?? false
            if !state.isOver, !isFresh { Self.take(make(), &state) }
            return state.edition
        }
    }

    private static func take(_ page: RunPage, _ state: inout State) {
        state.made = .now
        guard page != state.page, let json = try? page.json() else { return }
        state.page = page
        state.edition = Edition(number: state.edition.number + 1, json: json)
    }

    /// Ends the run's page with how the run ended, and waits a moment for those who look.
    func close(as end: RunPage.State) {
        state.withLock { state in
            var page = make()
            (page.state, page.isOver, page.tellsJoinLine) = (end, true, false)
            Self.take(page, &state)
            state.isOver = true
        }
        let deadline = ContinuousClock.now + .seconds(5)
        while state.withLock({ $0.readers }) > 0, .now < deadline { Thread.sleep(forTimeInterval: 0.02) }
    }

    // MARK: Streams

    /// A place among those who look, which is free again when nothing refers to it any more.
    final class Place: Sendable {
        private let feed: PageFeed

        /// Takes a place, if one is free.
        init?(in feed: PageFeed) {
            self.feed = feed
            let isFree = feed.state.withLock { state in
                state.readers += 1
                return state.readers <= PageFeed.readerLimit
            }
            guard isFree else { return nil }
        }

        deinit { feed.state.withLock { $0.readers -= 1 } }
    }

    /// Sends the current page and then updates, until the run is over or the reader leaves.
    ///
    /// - Parameter write: sends a text.
    /// - Throws: what `write` throws.
    func stream(to write: (String) async throws -> Void) async throws {
        try await write("retry: 2000\n\n")
        var sent = 0
        var silence = 0
        while true {
            let isLast = state.withLock { $0.isOver }
            let edition = edition
            silence += 1
            if edition.number != sent {
                try await write("id: \(edition.number)\ndata: \(edition.json)\n\n")
                (sent, silence) = (edition.number, 0)
            } else if silence == Self.quiet {
                try await write(": nothing new\n\n")
                silence = 0
            }
            guard !isLast else { return }
            try await Task.sleep(for: Self.interval)
        }
    }
}
