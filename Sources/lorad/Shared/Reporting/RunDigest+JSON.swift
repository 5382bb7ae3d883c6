import Federation
import Foundation
import Models
import Transports

extension RunDigest {
    /// What `lorad runs list --json` prints of a run.
    var summary: JSONValue { .object(summaryMembers) }

    /// What `lorad runs show --json` prints.
    var json: JSONValue { .object(summaryMembers + [workerList, roundList, configuration] + distrustedList) }

    /// The same without the rounds, of which there may be any number.
    var jsonWithoutRounds: JSONValue { .object(summaryMembers + [workerList, configuration] + distrustedList) }

    /// The same without the run file, which names folders of the coordinator's machine.
    var jsonWithoutConfiguration: JSONValue { .object(summaryMembers + [workerList, roundList] + distrustedList) }

    private var workerList: JSONValue.Member {
        .init("workers", .array(workers.map { $0.json(isWithheld: isWithheld) }))
    }
    /// Nothing where nobody is distrusted.
    private var distrustedList: [JSONValue.Member] {
        distrusted.isEmpty ? [] : [.init("distrusted", .array(distrusted.map { .string($0) }))]
    }
    private var roundList: JSONValue.Member { .init("\(unit.rawValue)s", .array(rounds.map { $0.json(unit) })) }
    private var configuration: JSONValue.Member { .init("configuration", .string(run.configuration)) }

    private var summaryMembers: [JSONValue.Member] {
        let process: JSONValue = process.map { .int(Int($0)) } ?? .null
        let planned: JSONValue = plannedRounds.map { .int($0) } ?? .null
        let loss: JSONValue = (rounds.last?.figures.loss).map { .double($0) } ?? .null
        return [
            .init("run", .string(run.name)), .init("mode", .string(run.mode)), .init("state", .string(state)),
            .init("process", process), .init("paused", .bool(isPaused)),
            .init("begun", .string(run.created.ISO8601Format())),
            .init("unit", .string(unit.rawValue)), .init("done", .int(done)), .init("planned", planned),
            .init("loss", loss),
        ] + (failure.map { [.init("failure", .string($0))] } ?? []) + [
            .init("worker_count", .int(workers.count)), .init("results", .int(total.counted)),
        ] + totals
    }

    private var totals: [JSONValue.Member] {
        let seconds = JSONValue.Member("seconds", .double(total.seconds))
        guard !isWithheld else { return [seconds, .init("withheld", .string(WithheldFigures.reason))] }
        return [
            .init("tokens", .int(total.tokens)), seconds, .init("bytes_in", .int(total.bytesIn)),
            .init("bytes_out", .int(total.bytesOut)),
        ]
    }
}

extension RunDigest.Worker {
    fileprivate func json(isWithheld: Bool) -> JSONValue {
        let key = try? PublicIdentity(bytes: record.publicKey).text
        let machine = try? JSONValue(parsing: Data(record.machine.utf8), file: "machine")
        let publicKey: JSONValue = key.map { .string($0) } ?? .null
        let members: [JSONValue.Member] = [
            .init("name", .string(record.name)), .init("fingerprint", .string(record.fingerprint)),
            .init("public_key", publicKey), .init("machine", machine ?? .null),
            .init("first_seen", .string(record.firstSeen.ISO8601Format())),
            .init("last_seen", .string(record.lastSeen.ISO8601Format())), .init("revoked", .bool(record.isRevoked)),
        ]
        let reason = leftOut.map { [JSONValue.Member("left_out", .string($0))] } ?? []
        return .object(members + reason + (isWithheld ? share.outcomes : share.members))
    }
}

extension RunDigest.Round {
    /// What `lorad runs show --json` prints of a round.
    func json(_ unit: RunUnit) -> JSONValue {
        .object(
            [.init(unit.rawValue, .int(number)), .init("time", .string(time.ISO8601Format()))]
                + (figures.json.objectValue ?? []))
    }
}
