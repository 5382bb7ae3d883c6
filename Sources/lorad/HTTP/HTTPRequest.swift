import Foundation
import NIOHTTP1

/// A request over HTTP, with its whole body.
struct HTTPRequest: Sendable {
    let method: HTTPMethod
    /// The path, without the query, doubled slashes, and one at its end.
    let path: String
    let headers: HTTPHeaders
    /// nil where it is longer than it may be.
    let body: Data?
    /// The address of the other end, without its port.
    let peer: String
    private let query: Substring

    init(_ head: HTTPRequestHead, body: Data?, peer: String) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let steps = parts.first?.split(separator: "/") ?? []
        // A proxy may ask by the whole address.
        let isWhole = head.uri.hasPrefix("http://")
        path = "/" + steps.dropFirst(isWhole ? 2 : 0).joined(separator: "/")
        (method, headers) = (head.method, head.headers)
        query = parts.count > 1 ? parts[1] : ""
        (self.body, self.peer) = (body, peer)
    }

    /// The last part of the path.
    var name: String { String(path.split(separator: "/").last ?? "") }

    /// The only header of a name; nil where there are several.
    func header(_ name: String) -> String? {
        let values = headers[name]
        return values.count == 1 ? values[0] : nil
    }

    /// The query's first value for a key, as it stands there.
    func parameter(_ key: String) -> String? {
        query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
            .first { $0.first == key[...] }.map { $0.count > 1 ? String($0[1]) : "" }
    }
}
