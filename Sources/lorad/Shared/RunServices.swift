import Federation

/// What a coordinator serves over HTTP: metrics, and the run's page; both at one address where they are given the same.
struct RunServices {
    /// Where metrics are served, if anywhere.
    private(set) var metrics: HTTPAddress?
    /// The page's URL, if there is one; its end is the key to the join line where the page tells that.
    private(set) var dashboard: String?
    private var services: [HTTPService] = []
    private var feed: PageFeed?

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - journal: what the page shows beside the run as it is now; without it there is no page.
    ///   - gate: who may look.
    ///   - actions: what holders of a token may do; served beside the page.
    ///   - digest: reads the run from its store; what `lorad runs show` tells is served beside the page.
    ///   - joinLine: what workers join with now; the page tells it on loopback addresses, to whoever has its key, which
    ///     follows from the line of the start.
    ///   - snapshot: the run as it is now; must not wait for anything.
    /// - Throws: `CommandError` if an address cannot be used.
    init(
        metrics: HTTPAddress?, dashboard: HTTPAddress?, journal: RunJournal?, gate: AccessGate, actions: ActionRoutes?,
        digest: @escaping @Sendable () throws -> RunDigest, joinLine: @escaping @Sendable () -> String,
        snapshot: @escaping @Sendable () -> RunSnapshot
    ) throws {
        let key = PageKey(joinLine: joinLine())
        let figures = metrics.map { MetricsRoutes(address: $0, gate: gate, snapshot: snapshot) }
        let page = dashboard.flatMap { address in
            journal.map { Self.page($0, at: address, gate, key, joinLine, snapshot) }
        }
        feed = page?.feed
        let isShared = metrics == dashboard
        if let page {
            let address = try listen(page.address, option: "--dashboard") { routes in
                page.add(to: &routes)
                actions?.add(to: &routes, at: page.address)
                DigestRoutes(gate: gate, key: key, digest: digest).add(to: &routes, at: page.address)
                if isShared { figures?.add(to: &routes) }
            }
            let isSecret = address.isLoopback || gate.rule.applies(at: address)
            self.dashboard = "http://\(address)/" + (isSecret ? "#\(key.text)" : "")
            if isShared { self.metrics = address }
        }
        if let metrics, self.metrics == nil {
            self.metrics = try listen(metrics, option: "--metrics") { figures?.add(to: &$0) }
        }
    }

    private static func page(
        _ journal: RunJournal, at address: HTTPAddress, _ gate: AccessGate, _ key: PageKey,
        _ joinLine: @escaping @Sendable () -> String, _ snapshot: @escaping @Sendable () -> RunSnapshot
    ) -> PageRoutes {
        let feed = PageFeed {
            var page = journal.page(of: snapshot())
            page.tellsJoinLine = address.isLoopback
            return page
        }
        return PageRoutes(feed: feed, address: address, gate: gate, key: key, joinLine: joinLine)
    }

    private mutating func listen(
        _ address: HTTPAddress, option: String, _ add: (inout HTTPRoutes) -> Void
    ) throws -> HTTPAddress {
        var routes = HTTPRoutes()
        add(&routes)
        let service = try HTTPService(address, routes, option: option)
        services.append(service)
        return service.address
    }

    /// Shows how the run ended to those who look, and ends all.
    func stop(_ end: RunPage.State) {
        feed?.close(as: end)
        for service in services { service.stop() }
    }
}

extension RunPage.State {
    /// How a coordinator that ends leaves a run.
    ///
    /// - Parameter state: what the store says.
    init(left state: RunRecord.State?) {
        switch state {
        case .finished: self = .finished
        case .stopped: self = .stopped
        case .failed: self = .failed
        case .created, .running, nil: self = .interrupted
        }
    }
}
