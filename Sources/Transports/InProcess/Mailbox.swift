import Foundation
import Synchronization

/// The requests under one name that have no reply yet, whether or not somebody listens.
final class Mailbox: Sendable {
    /// One request and where its reply goes.
    struct Entry: Sendable {
        let bytes: Data
        let replyLimit: Int
        let outcome: Monitor<Outcome>
    }

    /// What has become of a request.
    enum Outcome: Sendable {
        case waiting
        case answered(Data)
        case closed
    }

    private struct State: Sendable {
        var entries: [UInt64: Entry] = [:]
        /// The requests that no server has received, oldest first.
        var inbox: [UInt64] = []
        var server: UInt64?
    }

    /// Numbers are never used twice in a process, so a ticket of another mailbox means nothing here.
    private static let lastNumber = Atomic<UInt64>(0)

    private let state = Monitor(State())

    private static func nextNumber() -> UInt64 { lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Puts a request in; returns its number.
    func submit(_ entry: Entry) -> UInt64 {
        let number = Self.nextNumber()
        state.withLock { state in
            state.entries[number] = entry
            state.inbox.append(number)
        }
        return number
    }

    /// Takes a request away, received or not: its reply will be dropped.
    func withdraw(_ number: UInt64) {
        state.withLock { _ = $0.entries.removeValue(forKey: number) }
    }

    /// Makes the caller the one who receives; nil if there is such a server already.
    func attach() -> UInt64? {
        state.withLock { state in
            guard state.server == nil else { return nil }
            state.server = Self.nextNumber()
            return state.server
        }
    }

    /// Ends a server. What it has received and not answered goes to the next, as a broken link would do.
    func detach(_ server: UInt64) {
        state.withLock { state in
            guard state.server == server else { return }
            state.server = nil
            state.inbox = state.entries.keys.sorted()
        }
    }

    /// Waits for a request within the limit; nil once the server is no longer attached.
    func receive(as server: UInt64, limit: Int) -> (number: UInt64, bytes: Data)? {
        state.wait { state -> (number: UInt64, bytes: Data)?? in
            guard state.server == server else { return .some(nil) }
            while !state.inbox.isEmpty {
                let number = state.inbox.removeFirst()
                if let entry = state.entries[number], entry.bytes.count <= limit { return (number, entry.bytes) }
            }
            return nil
        } ?? nil
    }

    /// Answers a request, unless it was answered or withdrawn; false if the server is no longer attached.
    func reply(_ bytes: Data, to number: UInt64, as server: UInt64) -> Bool {
        let (isAttached, entry) = state.withLock { state -> (Bool, Entry?) in
            guard state.server == server else { return (false, nil) }
            return (true, state.entries.removeValue(forKey: number))
        }
        if let entry, bytes.count <= entry.replyLimit { entry.outcome.withLock { $0 = .answered(bytes) } }
        return isAttached
    }
}
