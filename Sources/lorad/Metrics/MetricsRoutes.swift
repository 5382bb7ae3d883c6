import Hummingbird

/// A run's metrics over HTTP: Prometheus' text at `/metrics`, and at `/healthz` whether the run goes on.
struct MetricsRoutes: Sendable {
    /// The run as it is; must not wait for anything.
    let snapshot: @Sendable () -> RunSnapshot

    func add(to router: Router<BasicRequestContext>) {
        router.get("/metrics") { [snapshot] _, _ in
            HTTPService.response(.ok, snapshot().metrics, type: PrometheusText.contentType)
        }
        router.get("/healthz") { [snapshot] _, _ in
            let isFailed = snapshot().status.phase == .failed
            return HTTPService.response(
                isFailed ? .serviceUnavailable : .ok, isFailed ? "the run has failed\n" : "ok\n")
        }
    }
}
