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
            "lorad_run_state", .gauge, "1 for the current state of the run.",
            RunStatus.Phase.allCases.map { ([("state", $0.rawValue)], status.phase == $0 ? 1 : 0) })
        text.add(
            "lorad_paused", .gauge, "1 while the run is paused: no further round starts.", status.isPaused ? 1 : 0)
        text.add(
            "lorad_round", .gauge, "Finished rounds, or finished steps if local_steps is 1.", Double(status.done))
        text.add("lorad_rounds", .gauge, "Planned rounds of the run.", Double(status.rounds))
        text.add("lorad_loss", .gauge, "Mean loss over supervised tokens in the last round.", status.loss)
        text.add(
            "lorad_round_seconds", .gauge, "Mean time per round, over the last 20 rounds.", status.pace.secondsPerRound)
        text.add(
            "lorad_tokens_per_second", .gauge, "Tokens processed per second, over the last 20 rounds.",
            status.pace.tokensPerSecond)
        text.add("lorad_remaining_seconds", .gauge, "Time until the end at the current pace.", status.remaining)
        text.add(
            "lorad_figures_withheld", .gauge,
            "1 if differential privacy withholds figures that its epsilon does not cover.",
            status.isWithheld ? 1 : 0)
        text.add(
            "lorad_tokens_total", .counter, "Tokens processed in finished rounds.",
            told(Double(status.tokens)))
        text.add(
            "lorad_results_total", .counter, "Results of workers, by outcome.",
            RunStatus.Outcome.allCases.map { ([("outcome", $0.rawValue)], Double(status.outcomes[$0] ?? 0)) })
        text.add(
            "lorad_bytes_received_total", .counter,
            "Bytes received in records of workers.", told(Double(received)))
        text.add("lorad_bytes_sent_total", .counter, "Bytes sent in records to workers.", told(Double(sent)))
        text.add(
            "lorad_refused_records_total", .counter, "Refused records: damaged, or from unknown peers.",
            Double(refusedRecords))
        text.add("lorad_refused_workers_total", .counter, "Refused handshakes.", Double(refusedWorkers))
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
            "lorad_worker_results_total", .counter, "A worker's results, by outcome.",
            workers.flatMap { worker in
                worker.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                    (worker.labels + [("outcome", $0.key.rawValue)], Double($0.value))
                }
            })
        guard !status.isWithheld else { return }
        text.add(
            "lorad_worker_tokens_per_second", .gauge, "A worker's tokens per second in its last result.",
            workers.map { ($0.labels, $0.tokensPerSecond) })
        text.add(
            "lorad_worker_bytes_received_total", .counter, "Bytes received in records of a worker.",
            workers.map { ($0.labels, Double($0.received)) })
        text.add(
            "lorad_worker_bytes_sent_total", .counter, "Bytes sent in records to a worker.",
            workers.map { ($0.labels, Double($0.sent)) })
    }
}

extension RunSnapshot.Worker {
    fileprivate var labels: [(String, String)] { [("worker", fingerprint), ("name", name)] }
}
