import Foundation
import GRDB

extension RunRecord {
    init(_ row: Row) throws {
        name = try row.value("name")
        created = try row.date("created")
        mode = try row.value("mode")
        configuration = try row.value("configuration")
        state = try row.state("state")
    }
}

extension RoundRecord {
    init(_ row: Row) throws {
        index = try row.value("number")
        state = try row.state("state")
        base = try row.optionalBlobID("base")
        result = try row.optionalBlobID("result")
        started = try row.date("started")
        committed = try row.optionalDate("committed")
        loss = try row.optional("loss")
        metrics = try row.value("metrics")
        bytesIn = try row.value("bytesIn")
        bytesOut = try row.value("bytesOut")
    }
}

extension WorkerRecord {
    init(_ row: Row) throws {
        fingerprint = try row.value("fingerprint")
        name = try row.value("name")
        publicKey = try row.value("publicKey")
        firstSeen = try row.date("firstSeen")
        lastSeen = try row.date("lastSeen")
        machine = try row.value("machine")
        isRevoked = try row.value("revoked")
    }
}

extension StepRecord {
    init(_ row: Row) throws {
        step = try row.value("step")
        time = try row.date("time")
        metrics = try row.value("metrics")
    }
}

extension LedgerEntry {
    init(_ row: Row) throws {
        kind = try row.value("kind")
        time = try row.date("time")
        entry = try row.value("entry")
    }
}

extension IncidentRecord {
    init(_ row: Row) throws {
        kind = try row.value("kind")
        time = try row.date("time")
        text = try row.value("text")
    }
}
