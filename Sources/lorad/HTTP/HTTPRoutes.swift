import NIOHTTP1

/// What is served under which path.
struct HTTPRoutes: Sendable {
    typealias Handler = @Sendable (HTTPRequest) async -> HTTPReply

    private var handlers: [String: Handler] = [:]
    private var guards: [any HTTPGuard] = []

    /// Adds routes that lie behind guards, which are asked in this order, after those that are there already.
    mutating func add(behind new: any HTTPGuard..., routes: (inout HTTPRoutes) -> Void) {
        var inner = HTTPRoutes()
        inner.guards = guards + new
        routes(&inner)
        handlers.merge(inner.handlers) { $1 }
    }

    /// Answers `GET` of a path.
    mutating func get(_ path: String, _ handler: @escaping Handler) { add("GET \(path)", handler) }

    /// Answers `POST` of the paths that are this one, a slash, and a name without any.
    mutating func post(under path: String, _ handler: @escaping Handler) { add("POST \(path)/*", handler) }

    private mutating func add(_ key: String, _ handler: @escaping Handler) {
        let guards = guards
        handlers[key] = { request in
            for (index, each) in guards.enumerated() {
                guard let refusal = each.refusal(of: request) else { continue }
                return refusal.wearing(guards.prefix(index))
            }
            return await handler(request).wearing(guards[...])
        }
    }

    /// The answer to a request.
    func answer(to request: HTTPRequest) async -> HTTPReply {
        let (method, path) = (request.method, request.path)
        let parent = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        let handler = handlers["\(method) \(path)"] ?? handlers["\(method) \(parent)/*"]
        return await handler?(request) ?? HTTPReply(.notFound, "there is nothing here\n")
    }
}

extension HTTPReply {
    fileprivate func wearing(_ guards: ArraySlice<any HTTPGuard>) -> HTTPReply {
        var reply = self
        for each in guards {
            for (name, value) in each.headers { reply.headers.replaceOrAdd(name: name, value: value) }
        }
        return reply
    }
}
