import Federation
import Foundation

/// A run on a terminal: its workers, and a bar with the run's own figures.
struct RunTable: Equatable, Sendable {
    let snapshot: RunSnapshot

    /// As many lines as fit on the screen.
    func lines(_ style: ProgressStyle) -> [String] {
        workerLines(style) + [ProgressBar(share: snapshot.status.share, text: snapshot.progressText).line(style)]
    }

    private func workerLines(_ style: ProgressStyle) -> [String] {
        let room = style.rows - 4  // beside titles, what is hidden, the bar, and the cursor's line
        guard room > 0, !snapshot.workers.isEmpty else { return [] }
        var table = Self.columns
        table.rows = snapshot.workers.prefix(room).map(Self.cells)
        if snapshot.status.isWithheld { table = table.leavingOut(WithheldFigures.columns) }
        let lines = table.lines(width: style.columns - 1, usesColour: style.usesColour)
        let hidden = snapshot.workers.count - table.rows.count
        return hidden > 0 ? lines + [String("… and \(hidden) more".prefix(max(0, style.columns - 1)))] : lines
    }

    private static let columns = TextTable(columns: [
        .init(title: "worker"), .init(title: "state"), .init(title: "task", isRight: true, rank: 2),
        .init(title: "lanes", isRight: true, rank: 7), .init(title: "tokens/s", isRight: true, rank: 1),
        .init(title: "counted", isRight: true, rank: 3), .init(title: "late", isRight: true, rank: 5),
        .init(title: "refused", isRight: true, rank: 4), .init(title: "in", isRight: true, rank: 6),
        .init(title: "out", isRight: true, rank: 6),
    ])

    private static func cells(_ worker: RunSnapshot.Worker) -> [TextTable.Cell] {
        let isThere = worker.state == .idle || worker.state == .working
        let refused = worker.outcomes[.refused] ?? 0
        return [
            .init(worker.name.onOneLine, isThere ? .plain : .faint), .init(worker.state.rawValue, tone(worker.state)),
            .init(worker.state == .working ? "\(Int(worker.progress * 100))%" : ""), .init("\(worker.lanes)"),
            .init(worker.tokensPerSecond > 0 ? String(format: "%.0f", worker.tokensPerSecond) : ""),
            .init("\(worker.outcomes[.counted] ?? 0)"), .init("\(worker.outcomes[.late] ?? 0)"),
            .init("\(refused)", refused > 0 ? .bad : .plain), .init(worker.received.bytesText),
            .init(worker.sent.bytesText),
        ]
    }

    private static func tone(_ state: Member.State) -> TextTable.Tone {
        switch state {
        case .working: .good
        case .idle: .plain
        case .silent: .warning
        case .left: .faint
        case .excluded: .bad
        }
    }
}

extension RunSnapshot {
    /// `step 20/100 · loss 1.2345 · 812 tokens/s · 1.2 MB in · 3.4 MB out · 0:40 left`.
    var progressText: String {
        let start = status.done == 0 && status.phase == .gathering ? "waiting for workers" : nil
        return
            ([status.unit.text(status.done, of: status.rounds), start] + [
                status.loss.map { String(format: "loss %.4f", $0) },
                status.pace.tokensPerSecond.map { String(format: "%.0f tokens/s", $0) },
                status.isWithheld ? nil : "\(received.bytesText) in · \(sent.bytesText) out",
                status.remaining.map { "\(ProgressText.duration($0)) left" },
            ]).compactMap(\.self).joined(separator: " · ")
    }
}
