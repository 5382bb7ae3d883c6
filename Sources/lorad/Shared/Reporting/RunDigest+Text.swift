import Adapters
import Federation
import Foundation

extension RunDigest {
    /// What `lorad runs show` prints.
    ///
    /// - Parameters:
    ///   - style: where it goes.
    ///   - limit: the most rounds to list, the last ones.
    func text(_ style: ProgressStyle, limit: Int) -> String {
        var parts = [(heading + [failure?.onOneLine].compactMap(\.self)).joined(separator: "\n")]
        if !workers.isEmpty { parts.append(lines(workerTable, style)) }
        let leftOut = workers.compactMap { worker in
            worker.leftOut.map {
                "\(worker.record.name.onOneLine) is excluded from the rest of the run: \($0.onOneLine)"
            }
        }
        if !leftOut.isEmpty { parts.append(leftOut.joined(separator: "\n")) }
        if !distrusted.isEmpty { parts.append(distrusted.map(\.onOneLine).joined(separator: "\n")) }
        if !rounds.isEmpty { parts.append(lines(roundTable(limit), style)) }
        if isWithheld { parts.append(WithheldFigures.reason) }
        return parts.joined(separator: "\n\n")
    }

    private func lines(_ table: TextTable, _ style: ProgressStyle) -> String {
        (isWithheld ? table.leavingOut(WithheldFigures.columns) : table).lines(
            width: style.isTerminal ? style.columns : .max, usesColour: style.usesColour
        ).joined(
            separator: "\n")
    }

    private var heading: [String] {
        let process = self.process.map { " (process \($0))" } ?? ""
        let figures = [
            unit.text(done, of: plannedRounds), rounds.last?.figures.loss.map { String(format: "loss %.4f", $0) },
            "\(total.counted.grouped) results",
            isWithheld
                ? nil
                : "\(total.tokens.grouped) tokens · \(total.bytesIn.bytesText) in · \(total.bytesOut.bytesText) out",
        ]
        return [
            "\(run.name): \(run.mode), \(state)\(process)\(isPaused ? ", paused" : ""), started "
                + "\(run.created.ISO8601Format())",
            figures.compactMap(\.self).joined(separator: " · "),
        ]
    }

    private var workerTable: TextTable {
        TextTable(
            columns: [
                .init(title: "worker"), .init(title: "fingerprint"), .init(title: "state", rank: 1),
                .init(title: "results", isRight: true, rank: 2), .init(title: "late", isRight: true, rank: 6),
                .init(title: "refused", isRight: true, rank: 5), .init(title: "tokens", isRight: true, rank: 4),
                .init(title: "in", isRight: true, rank: 7), .init(title: "out", isRight: true, rank: 7),
                .init(title: "last seen", rank: 3),
            ], rows: workers.map(\.cells))
    }

    private func roundTable(_ limit: Int) -> TextTable {
        TextTable(
            columns: [
                .init(title: unit.rawValue, isRight: true), .init(title: "loss", isRight: true),
                .init(title: "results", isRight: true, rank: 2), .init(title: "tokens", isRight: true, rank: 3),
                .init(title: "seconds", isRight: true, rank: 4), .init(title: "in", isRight: true, rank: 5),
                .init(title: "out", isRight: true, rank: 5), .init(title: "done", rank: 1),
            ], rows: rounds.suffix(limit).map(\.cells))
    }
}

extension RunDigest.Worker {
    fileprivate var cells: [TextTable.Cell] {
        [
            .init(record.name.onOneLine), .init(String(record.fingerprint.prefix(12))),
            state, .init(share.counted.grouped),
            .init(share.late.grouped), .init(share.refused.grouped), .init(share.tokens.grouped),
            .init(share.bytesIn.bytesText), .init(share.bytesOut.bytesText), .init(record.lastSeen.ISO8601Format()),
        ]
    }

    private var state: TextTable.Cell {
        if record.isRevoked { return .init("revoked", .bad) }
        return leftOut == nil ? .init("enrolled") : .init("left out", .bad)
    }
}

extension RunDigest.Round {
    fileprivate var cells: [TextTable.Cell] {
        [
            .init("\(number)"), .init(figures.loss.map { String(format: "%.4f", $0) } ?? ""),
            .init("\(figures.contributions)"),
            .init(figures.tokens.grouped), .init(String(format: "%.2f", figures.seconds)),
            .init(figures.bytesIn.bytesText), .init(figures.bytesOut.bytesText), .init(time.ISO8601Format()),
        ]
    }
}

extension TextTable {
    /// What `lorad runs list` prints.
    static func list(of runs: [RunDigest]) -> TextTable {
        TextTable(
            columns: [
                .init(title: "run"), .init(title: "mode", rank: 3), .init(title: "state"),
                .init(title: "progress", rank: 1), .init(title: "loss", isRight: true, rank: 2),
                .init(title: "workers", isRight: true, rank: 4), .init(title: "begun", rank: 5),
            ],
            rows: runs.map { run in
                [
                    .init(run.run.name), .init(run.run.mode), .init(run.state, run.process == nil ? .plain : .good),
                    .init(run.unit.text(run.done, of: run.plannedRounds)),
                    .init(run.rounds.last?.figures.loss.map { String(format: "%.4f", $0) } ?? ""),
                    .init("\(run.workers.count)"), .init(run.run.created.ISO8601Format()),
                ]
            })
    }
}
