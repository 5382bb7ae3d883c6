import Dispatch
import Foundation
import Models
import NIOHTTP1

/// What `lorad runs list` and `lorad runs show` tell of a run, over HTTP, for those who may look: `/runs/list.json` and `/runs/list.txt`
/// are the list, which has this run alone, `/runs/show.json` and `/runs/show.txt?last=20` the run.
///
/// The run file is not in it: it names folders of the coordinator's machine.
struct DigestRoutes: Sendable {
    let gate: AccessGate
    /// The key of the address that the coordinator printed.
    let key: PageKey
    /// Reads the run from its store.
    let digest: @Sendable () throws -> RunDigest

    /// Reading a long run takes time, so requests run one after the other on their own thread.
    private static let queue = DispatchQueue(label: "digests")
    /// The most rounds that are listed, as text.
    private static let mostRounds = 100_000

    func add(to routes: inout HTTPRoutes, at address: HTTPAddress) {
        let access = AccessGuard(gate: gate, isRequired: gate.rule.applies(at: address), key: key)
        routes.add(behind: PageGuard(address: address), access) { add(to: &$0) }
    }

    private func add(to routes: inout HTTPRoutes) {
        let plain = ProgressStyle(isTerminal: false, usesColour: false, columns: 80)
        routes.get("/runs/list.json") { _ in await answer("application/json") { $0.summary.text() } }
        routes.get("/runs/list.txt") { _ in
            await answer { TextTable.list(of: [$0]).lines(width: .max, usesColour: false).joined(separator: "\n") }
        }
        routes.get("/runs/show.json") { _ in await answer("application/json") { $0.jsonWithoutConfiguration.text() } }
        routes.get("/runs/show.txt") { request in
            let last = request.parameter("last").flatMap { Int($0) } ?? 20
            return await answer { $0.text(plain, limit: min(max(0, last), Self.mostRounds)) }
        }
    }

    private func answer(
        _ type: String = "text/plain; charset=utf-8", _ text: @escaping @Sendable (RunDigest) -> String
    ) async -> HTTPReply {
        await withCheckedContinuation { continuation in
            Self.queue.async {
                do {
                    continuation.resume(returning: HTTPReply(.ok, text(try digest()) + "\n", type: type))
                } catch {
                    let reason =
                        "the run's store cannot be read: run lorad runs show on the coordinator's machine for the "
                        + "reason\n"
                    continuation.resume(returning: HTTPReply(.internalServerError, reason))
                }
            }
        }
    }
}
