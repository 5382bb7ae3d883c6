import ArgumentParser

/// Positive numbers with commas between them, as an option takes them.
struct CountList: ExpressibleByArgument, ExpressibleByStringLiteral, CustomStringConvertible, Equatable {
    /// The numbers, at least one.
    let counts: [Int]

    init?(argument: String) {
        let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard counts.allSatisfy({ (1...1_000_000).contains($0) }) else { return nil }
        self.counts = counts
    }

    /// A default value; an invalid list becomes empty.
    init(stringLiteral text: String) { counts = CountList(argument: text)?.counts ?? [] }

    var description: String { counts.map(String.init).joined(separator: ",") }
}
