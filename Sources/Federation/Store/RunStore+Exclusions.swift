import Foundation
import GRDB

extension RunStore {
    /// Leaves a worker out of the run for good; what was noted of it first stays.
    ///
    /// - Throws: `FederationError.writeFailed` where the store cannot be written.
    public func record(_ exclusion: ExclusionRecord) throws {
        try database.executeDurably(
            "INSERT OR IGNORE INTO exclusions VALUES (?, ?, ?, ?, ?)", key, exclusion.fingerprint, exclusion.signingKey,
            exclusion.reason, exclusion.time.timeIntervalSince1970)
    }
}

extension RunHistory {
    /// The workers that are left out, in the order in which they were found out; none where an older lorad has written the
    /// store.
    public func exclusions() throws -> [ExclusionRecord] {
        guard try hasTable("exclusions") else { return [] }
        return try rows("SELECT * FROM exclusions WHERE run = ? ORDER BY time, fingerprint").map(ExclusionRecord.init)
    }
}

extension ExclusionRecord {
    init(_ row: Row) throws {
        fingerprint = try row.value("fingerprint")
        signingKey = try row.value("signingKey")
        reason = try row.value("reason")
        time = try row.date("time")
    }
}
