import Foundation
import Training

/// What a demonstration came to.
struct DemoReport: Codable {
    /// One way of training.
    struct Entry: Codable {
        var name: String
        /// Share of the test questions that are answered right, at the end.
        var accuracy: Double
        /// The same at each evaluation, the last one included.
        var curve: [Double]
        /// What its workers spent at most, with differential privacy.
        var epsilon: Double?
        var seconds: Double?
        /// The fewest workers that a round had a contribution of.
        var fewestContributions: Int?
    }

    var seed: UInt64
    var workers: Int
    var testRows: Int
    /// Rounds of a federation, and between two evaluations; alone and centralised, as many steps.
    var rounds: Int
    var evaluationRounds: Int
    /// Share of the test questions that the base answers.
    var base: Double
    /// Each worker by itself.
    var alone: [Entry]
    /// Rounds in which one worker is killed.
    var federated: Entry
    /// The same rounds with nobody killed.
    var undisturbed: Entry
    /// All examples in one place.
    var centralised: Entry
    /// The folder with all files.
    var folder: String
    var seconds: Double

    /// The standard error of the centralised gain: of the difference of two shares, each of `testRows` questions,
    /// √(p₁(1−p₁)/n + p₀(1−p₀)/n).
    var gainError: Double {
        let variances = [centralised.accuracy, base].map { $0 * (1 - $0) / Double(max(1, testRows)) }
        return variances.reduce(0, +).squareRoot()
    }

    /// Share of the gain of centralised training that the federation reaches; `nil` if that gain is no more than two of
    /// its standard errors, so that chance may explain it.
    var share: Double? {
        let gain = centralised.accuracy - base
        return gain > 0 && gain > 2 * gainError ? (federated.accuracy - base) / gain : nil
    }
}

extension DemoReport {
    /// What people read at the end.
    var text: String {
        let comparison =
            share.map {
                String(
                    format: "The federation reaches %.0f%% of the gain from training on all data in one place.",
                    100 * $0)
            }
            ?? noComparison
        return
            (table + [
                "", comparison,
                "One worker was killed half-way; each of the \(rounds) rounds has at least "
                    + "\(federated.fewestContributions ?? 0) of \(workers) contributions.",
                "", "All files are in \(folder):",
                "accuracy.svg, demo.json, and federated/, an adapter in PEFT format.", "", "Try next:",
            ] + next.map { "  " + $0 }).joined(separator: "\n")
    }

    private var noComparison: String {
        String(
            format:
                "Training on all data gains %+.1f points with a standard error of %.1f on %ld questions, which may "
                + "be chance: too little to compare the federation with. Train longer for a larger gain.",
            100 * (centralised.accuracy - base), 100 * gainError, testRows)
    }

    /// Commands to try.
    private var next: [String] {
        let program = Self.quoted(CommandLine.arguments.first ?? "lorad")
        func path(_ name: String) -> String { Self.quoted("\(folder)/\(name)") }
        return [
            "\(program) generate --model \(path("base")) --adapter \(path("federated")) "
                + "--image \(path("data/test-pictures/00000.png")) --prompt 'How many things are there?'",
            "\(program) runs show federated --state \(path("state/federated")) --html \(path("run.html"))",
            "\(program) merge --model \(path("base")) --adapter \(path("federated")) --output \(path("merged"))",
        ]
    }

    /// A word as a shell reads it.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
        return isPlain ? word : "'\(word.replacing("'", with: #"'\''"#))'"
    }

    /// The table.
    var table: [String] {
        var table = TextTable(columns: [
            .init(title: ""), .init(title: "correct answers", isRight: true), .init(title: "gain", isRight: true),
            .init(title: "seconds", isRight: true),
        ])
        let hasEpsilon = federated.epsilon != nil
        if hasEpsilon { table.columns.append(.init(title: "epsilon", isRight: true)) }
        table.rows = [row(name: "base model", base, nil, nil, hasEpsilon)]
        for entry in alone + [federated, undisturbed, centralised] {
            table.rows.append(row(name: entry.name, entry.accuracy, entry.seconds, entry.epsilon, hasEpsilon))
        }
        return table.lines()
    }

    private func row(
        name: String, _ accuracy: Double, _ seconds: Double?, _ epsilon: Double?, _ hasEpsilon: Bool
    ) -> [TextTable.Cell] {
        var cells: [TextTable.Cell] = [
            .init(name), .init(String(format: "%.1f%%", 100 * accuracy)),
            .init(accuracy == base ? "" : String(format: "%+.1f", 100 * (accuracy - base))),
            .init(seconds.map { String(format: "%.0f", $0) } ?? ""),
        ]
        if hasEpsilon { cells.append(.init(epsilon.map { String(format: "%.2f", $0) } ?? "")) }
        return cells
    }

    /// How the share of right answers rises from round to round.
    var chart: String {
        func points(_ entry: Entry) -> [(x: Double, y: Double)] {
            ([base] + entry.curve).enumerated().map { (Double($0 * evaluationRounds), 100 * $1) }
        }
        let lone = alone.enumerated().map { index, entry in
            CurveChart.Curve(name: "site \(index + 1) alone", colour: "#9a9a9a", points: points(entry))
        }
        let chart = CurveChart(
            title: "Correct answers by round", x: "round", y: "correct answers in %",
            curves: lone + [
                .init(name: "centralised", colour: "#e8590c", points: points(centralised)),
                .init(name: "federated", colour: "#2f81f7", points: points(federated)),
            ])
        return chart.svg()
    }
}
