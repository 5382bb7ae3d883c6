import Foundation
import Hummingbird
import Models
import NIOCore

/// What holders of a token with the role manage may do, over HTTP: `POST /actions/NAME` with the action's keys as a JSON
/// object.
///
/// A request counts by its `Authorization` header alone, which no web page of a stranger's can make a browser send: there are
/// no cookies, no forms, and no answer that allows other origins.
struct ActionRoutes: Sendable {
    let gate: AccessGate
    let control: RunControl

    /// The most bytes of a request's body.
    private static let bodyLimit = 4_096

    func add(to router: Router<PageContext>, at address: HTTPAddress) {
        let routes = router.group("actions").add(middleware: PageGuard(address: address))
        routes.post("/:name") { request, context in try await answer(request, context) }
    }

    private func answer(_ request: Request, _ context: PageContext) async throws -> Response {
        let name = context.parameters.get("name") ?? ""
        let decision = gate.decide(
            .manage, for: name, authorization: request.headers[.authorization], from: context.peer)
        if let refusal = decision.refusal { return refusal }
        guard case .admitted(let requester) = decision else { return HTTPService.response(.forbidden, "\n") }
        guard RunAction.names.contains(name) else {
            return HTTPService.response(
                .notFound, "there is no action of this name: it is one of \(RunAction.names.joined(separator: ", "))\n")
        }
        do {
            let body = try await request.body.collect(upTo: Self.bodyLimit)
            let parameters =
                body.readableBytes == 0
                ? JSONValue.object([])
                : try JSONValue(parsing: Data(body.readableBytesView), file: "the request's body")
            let report = try control.perform(
                RunAction(name: name, parameters: control.parameters(parameters)), by: requester)
            return HTTPService.response(.ok, Self.json(report), type: "application/json")
        } catch is NIOTooManyBytesError {
            return HTTPService.response(
                .contentTooLarge, "the request's body has more than the \(Self.bodyLimit) bytes that it may have\n")
        } catch {
            return HTTPService.response(.badRequest, "\(error)\n")
        }
    }

    private static func json(_ report: ActionReport) -> String {
        let join = report.joinLine.map { [JSONValue.Member("join", .string($0))] } ?? []
        return JSONValue.object([.init("text", .string(report.text))] + join).text() + "\n"
    }
}
