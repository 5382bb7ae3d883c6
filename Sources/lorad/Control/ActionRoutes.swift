import Foundation
import Models
import NIOHTTP1

/// What holders of a token with the role manage may do, over HTTP: `POST /actions/NAME` with the action's keys as a JSON
/// object.
///
/// A request counts by its `Authorization` header alone, which no web page of a stranger's can make a browser send: there are
/// no cookies, no forms, and no answer that allows other origins.
struct ActionRoutes: Sendable {
    let gate: AccessGate
    let control: RunControl

    func add(to routes: inout HTTPRoutes, at address: HTTPAddress) {
        routes.add(behind: PageGuard(address: address)) { routes in
            routes.post(under: "/actions") { request in answer(request) }
        }
    }

    private func answer(_ request: HTTPRequest) -> HTTPReply {
        let name = request.name
        let decision = gate.decide(
            .manage, for: name, authorization: request.header("authorization"), from: request.peer)
        if let refusal = decision.refusal { return refusal }
        guard case .admitted(let requester) = decision else { return HTTPReply(.forbidden, "\n") }
        guard RunAction.names.contains(name) else {
            return HTTPReply(
                .notFound, "unknown action: expected one of \(RunAction.names.joined(separator: ", "))\n")
        }
        guard let body = request.body else {
            return HTTPReply(
                .payloadTooLarge,
                "the request body is larger than the limit of \(HTTPConversation.bodyLimit) bytes\n")
        }
        do {
            let parameters =
                body.isEmpty ? JSONValue.object([]) : try JSONValue(parsing: body, file: "the request's body")
            let report = try control.perform(
                RunAction(name: name, parameters: control.parameters(parameters)), by: requester)
            return HTTPReply(.ok, Self.json(report), type: "application/json")
        } catch {
            return HTTPReply(.badRequest, "\(error)\n")
        }
    }

    private static func json(_ report: ActionReport) -> String {
        let join = report.joinLine.map { [JSONValue.Member("join", .string($0))] } ?? []
        return JSONValue.object([.init("text", .string(report.text))] + join).text() + "\n"
    }
}
