/// Figures that differential privacy keeps from a run's store, events, metrics and page.
///
/// ε covers the noisy updates. Losses, counts of examples and tokens, computing times, progress, and bytes (which count
/// the heartbeats of a task, and so its time) depend on data too, so they are neither kept nor shown.
enum WithheldFigures {
    /// What is left out of `lorad runs` and the page, and why.
    static let reason =
        "Withheld because epsilon does not cover them: losses, numbers of examples and tokens, computing times, "
        + "progress, and bytes. Shown, although epsilon does not cover them: which workers take part, and when "
        + "rounds begin and end."

    /// Titles of columns that are left out.
    static let columns: Set<String> = ["loss", "task", "tokens", "tokens/s", "in", "out"]
}

extension RoundFigures {
    /// The figures without what differential privacy keeps back.
    var withheld: RoundFigures {
        var figures = RoundFigures(contributions: contributions, rounds: rounds, seconds: seconds, values: values)
        figures.workers = workers.mapValues { share in
            Share(counted: share.counted, late: share.late, refused: share.refused, failed: share.failed)
        }
        figures.isWithheld = true
        return figures
    }
}
