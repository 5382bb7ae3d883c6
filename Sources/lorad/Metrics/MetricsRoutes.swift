import NIOHTTP1

/// A run's metrics over HTTP: Prometheus' text at `/metrics`, and at `/healthz` whether the run continues.
///
/// Guarded like the page: a stranger's page cannot read them through a browser on this machine.
struct MetricsRoutes: Sendable {
    /// Where they are served.
    let address: HTTPAddress
    /// Who may read them; `/healthz` tells anybody.
    let gate: AccessGate
    /// The run as it is; must not wait for anything.
    let snapshot: @Sendable () -> RunSnapshot

    func add(to routes: inout HTTPRoutes) {
        routes.add(behind: PageGuard(address: address, option: "--metrics")) { routes in
            routes.get("/healthz") { [snapshot] _ in
                let isFailed = snapshot().status.phase == .failed
                return HTTPReply(isFailed ? .serviceUnavailable : .ok, isFailed ? "the run has failed\n" : "ok\n")
            }
            routes.add(behind: AccessGuard(gate: gate, isRequired: gate.rule.applies(at: address))) { routes in
                routes.get("/metrics") { [snapshot] _ in
                    HTTPReply(.ok, snapshot().metrics, type: PrometheusText.contentType)
                }
            }
        }
    }
}
