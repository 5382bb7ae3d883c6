import Crypto
import Foundation

/// What a browser shows to be told the join line, and to look at the page of another machine: the end of the page's
/// address, which the coordinator alone prints, since every user of a machine reaches its loopback addresses.
///
/// It follows from the join line, so a page stays good when its coordinator is started again.
struct PageKey: Sendable {
    /// 120 bits in base64.
    let text: String

    init(joinLine: String) {
        let digest = SHA256.hash(data: Data("lorad page key\n\(joinLine)".utf8))
        text = Data(digest.prefix(15)).base64EncodedString()
    }

    /// Whether a request's `Authorization` has the key, compared in constant time.
    func admits(_ authorization: String?) -> Bool {
        // Digests are compared in constant time.
        SHA256.hash(data: Data((authorization ?? "").utf8)) == SHA256.hash(data: Data("Bearer \(text)".utf8))
    }
}
