import Foundation
import GRDB

extension RunStore {
    /// How many incidents of a kind a run keeps: strangers at the door do not crowd out a worker's failure.
    static let incidentLimit = 100

    /// Keeps an incident; the oldest of its kind goes where there are too many.
    ///
    /// - Throws: `FederationError.writeFailed` where the store cannot be written.
    public func record(_ incident: IncidentRecord) throws {
        try database.write { database in
            try database.cachedStatement(sql: "INSERT INTO incidents (run, kind, time, text) VALUES (?, ?, ?, ?)")
                .execute(arguments: [key, incident.kind, incident.time.timeIntervalSince1970, incident.text])
            let kept = "SELECT id FROM incidents WHERE run = ? AND kind = ? ORDER BY id DESC LIMIT ?"
            try database.cachedStatement(
                sql: "DELETE FROM incidents WHERE run = ? AND kind = ? AND id NOT IN (\(kept))"
            ).execute(arguments: [key, incident.kind, key, incident.kind, Self.incidentLimit])
        }
    }
}

extension RunHistory {
    /// The incidents that are kept, oldest first; none where an older lorad has written the store.
    public func incidents() throws -> [IncidentRecord] {
        guard try hasTable("incidents") else { return [] }
        return try rows("SELECT * FROM incidents WHERE run = ? ORDER BY id").map(IncidentRecord.init)
    }
}
