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

extension ContributionRecord {
    init(_ row: Row) throws {
        round = try row.value("round")
        task = try row.value("task")
        worker = try row.value("worker")
        state = try row.state("state")
        weight = try row.value("weight")
        blob = try row.optionalBlobID("blob")
        metrics = try row.value("metrics")
        refusal = try row.optional("refusal")
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

extension TokenRecord {
    init(_ row: Row) throws {
        digest = try row.blobID("digest").digest
        expiry = try row.optionalDate("expiry")
        usesLeft = try row.value("usesLeft")
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
