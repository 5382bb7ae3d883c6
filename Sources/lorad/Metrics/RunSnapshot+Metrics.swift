import Federation

extension RunSnapshot {
    /// The run as Prometheus reads it.
    var metrics: String {
        var text = PrometheusText()
        addRun(&text)
        addWorkers(&text)
        return text.text
    }

    private func addRun(_ text: inout PrometheusText) {
        text.add(
            "lorad_info", .gauge, "The run, and the release that coordinates it.",
            [([("run", status.run), ("version", Version.number)], 1)])
        text.add(
            "lorad_run_state", .gauge, "1 for the state that the run is in.",
            RunStatus.Phase.allCases.map { ([("state", $0.rawValue)], status.phase == $0 ? 1 : 0) })
        text.add(
            "lorad_paused", .gauge, "1 while the run is paused: no further round begins.", status.isPaused ? 1 : 0)
        text.add(
            "lorad_round", .gauge, "Rounds that are done: steps, where local_steps is 1.", Double(status.done))
        text.add("lorad_rounds", .gauge, "Rounds of the whole run.", Double(status.rounds))
        text.add("lorad_loss", .gauge, "Mean loss over supervised tokens in the last round.", status.loss)
        text.add(
            "lorad_round_seconds", .gauge, "Mean time of a round, over the last 20.", status.pace.secondsPerRound)
        text.add(
            "lorad_tokens_per_second", .gauge, "Tokens worked through in a second, over the last 20 rounds.",
            status.pace.tokensPerSecond)
        text.add("lorad_remaining_seconds", .gauge, "Time until the end at the present pace.", status.remaining)
        text.add(
            "lorad_figures_withheld", .gauge,
            "1 where differential privacy keeps figures back that its epsilon would not cover.",
            status.isWithheld ? 1 : 0)
        text.add(
            "lorad_tokens_total", .counter, "Tokens worked through in rounds that are done.",
            told(Double(status.tokens)))
        text.add(
            "lorad_results_total", .counter, "Results of workers, by what became of them.",
            RunStatus.Outcome.allCases.map { ([("outcome", $0.rawValue)], Double(status.outcomes[$0] ?? 0)) })
        text.add("lorad_bytes_received_total", .counter, "Bytes of workers' records.", told(Double(received)))
        text.add("lorad_bytes_sent_total", .counter, "Bytes of records to workers.", told(Double(sent)))
        text.add(
            "lorad_refused_records_total", .counter, "Records of strangers, or damaged ones, that were not taken.",
            Double(refusedRecords))
        text.add("lorad_refused_workers_total", .counter, "Handshakes that were refused.", Double(refusedWorkers))
    }

    /// A figure that is left out where it is withheld.
    private func told(_ value: Double) -> Double? { status.isWithheld ? nil : value }

    private func addWorkers(_ text: inout PrometheusText) {
        text.add(
            "lorad_workers", .gauge, "Workers by state.",
            Member.State.allCases.map { state in
                ([("state", state.rawValue)], Double(workers.count { $0.state == state }))
            })
        text.add(
            "lorad_worker_results_total", .counter, "A worker's results, by what became of them.",
            workers.flatMap { worker in
                worker.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    (worker.labels + [("outcome", $0.key.rawValue)], Double($0.value))
                }
            })
        guard !status.isWithheld else { return }
        text.add(
            "lorad_worker_tokens_per_second", .gauge, "A worker's speed in its last result.",
            workers.map { ($0.labels, $0.tokensPerSecond) })
        text.add(
            "lorad_worker_bytes_received_total", .counter, "Bytes of a worker's records.",
            workers.map { ($0.labels, Double($0.received)) })
        text.add(
            "lorad_worker_bytes_sent_total", .counter, "Bytes of records to a worker.",
            workers.map { ($0.labels, Double($0.sent)) })
    }
}

extension RunSnapshot.Worker {
    fileprivate var labels: [(String, String)] { [("worker", fingerprint), ("name", name)] }
}
