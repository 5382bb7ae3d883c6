import Foundation

/// A compiled regular expression whose matching ends: a nested repetition such as `(a+)+!` can be tried in more ways than
/// any machine counts to, and settings come from coordinators and adapter folders as well as from the user.
///
/// ICU reports its progress every 10,000 steps, which takes it about 0.5 ms. Counting reports instead of seconds gives the
/// same answer on every machine.
struct LimitedExpression {
    /// Reports after which matching one text is given up: a million steps. Ordinary patterns take less than one report.
    static let mostReports = 100

    /// The reports that are left to all expressions that share it, so that many costly patterns or many names end, too.
    final class Allowance {
        fileprivate var left: Int

        init(reports: Int = 20_000) { left = reports }
    }

    /// Matching took too many steps, or more memory than ICU allows itself.
    struct Exhausted: Error {}

    private let expression: NSRegularExpression
    private let allowance: Allowance

    /// Compiles a pattern in ICU's syntax.
    init(_ pattern: String, _ allowance: Allowance) throws {
        expression = try NSRegularExpression(pattern: pattern)
        self.allowance = allowance
    }

    /// The match that starts where `text` starts.
    ///
    /// - Throws: `Exhausted` where that cannot be found out within the limit.
    func match(_ text: String) throws -> NSTextCheckingResult? {
        var result: NSTextCheckingResult?
        var failed = false
        var spent = 0
        // Going back one step copies what every group has taken.
        let cost = 1 + expression.numberOfCaptureGroups / 32
        expression.enumerateMatches(
            in: text, options: [.anchored, .reportProgress, .reportCompletion],
            range: NSRange(text.startIndex..., in: text)
        ) { found, flags, stop in
            if let found {
                result = found
                stop.pointee = true
            } else if flags.contains(.internalError) {
                failed = true
            } else if flags.contains(.progress) {
                spent += cost
                failed = spent > min(Self.mostReports, allowance.left)
                stop.pointee = ObjCBool(failed)
            }
        }
        allowance.left -= spent
        guard !failed else { throw Exhausted() }
        return result
    }
}
