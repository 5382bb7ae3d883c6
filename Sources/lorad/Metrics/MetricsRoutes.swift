import Hummingbird

/// A run's metrics over HTTP: Prometheus' text at `/metrics`, and at `/healthz` whether the run goes on.
///
/// Guarded like the page: a stranger's page cannot read them through a browser on this machine.
struct MetricsRoutes: Sendable {
    /// Where they are served.
    let address: HTTPAddress
    /// Who may read them; `/healthz` tells anybody.
    let gate: AccessGate
    /// The run as it is; must not wait for anything.
    let snapshot: @Sendable () -> RunSnapshot

    func add(to router: Router<PageContext>) {
        let router = router.group().add(middleware: PageGuard(address: address, option: "--metrics"))
        let figures = router.group().add(
            middleware: AccessGuard(gate: gate, isRequired: gate.rule.applies(at: address)))
        figures.get("/metrics") { [snapshot] _, _ in
            HTTPService.response(.ok, snapshot().metrics, type: PrometheusText.contentType)
        }
        router.get("/healthz") { [snapshot] _, _ in
            let isFailed = snapshot().status.phase == .failed
            return HTTPService.response(
                isFailed ? .serviceUnavailable : .ok, isFailed ? "the run has failed\n" : "ok\n")
        }
    }
}
