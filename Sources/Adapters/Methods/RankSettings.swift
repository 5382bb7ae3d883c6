import Models

/// The ranks and alphas of a method that has them, by PEFT's rules: the first pattern that matches a module's path wins.
public struct RankSettings: Sendable, Equatable {
    /// The largest rank that is taken for one: more than any layer's width, and sizes made of it stay countable.
    static let largest = 65_536

    /// `r`, unless `rankPattern` says otherwise.
    public var rank: Int = 8
    /// `lora_alpha` or `alpha`, unless `alphaPattern` says otherwise.
    public var alpha: Double = 8
    /// `rank_pattern`.
    public var rankPattern: [PatternEntry<Int>] = []
    /// `alpha_pattern`.
    public var alphaPattern: [PatternEntry<Double>] = []

    /// PEFT's defaults.
    public init() {}

    /// The highest rank that a module may have.
    public var highest: Int { (rankPattern.map(\.value) + [rank]).max() ?? rank }

    /// The same with no rank above a limit.
    public func limited(to limit: Int) -> RankSettings {
        var result = self
        result.rank = min(limit, rank)
        result.rankPattern = rankPattern.map { .init($0.pattern, min(limit, $0.value)) }
        return result
    }

    /// Rank and alpha of each of some modules.
    ///
    /// - Throws: `AdapterError` for a pattern that is no regular expression or takes too long.
    func values(at paths: [String]) throws -> [(rank: Int, alpha: Double)] {
        let ranks = try PatternTable(rankPattern, setting: "rank_pattern")
        let alphas = try PatternTable(alphaPattern, setting: "alpha_pattern")
        return try paths.map { (try ranks.value(for: $0) ?? rank, try alphas.value(for: $0) ?? alpha) }
    }

    /// Reads `r`, `rank_pattern`, `alpha_pattern` and the alpha under its key.
    ///
    /// - Throws: `AdapterError` naming the key.
    init(_ reader: SettingsReader, alphaKey: String) throws {
        rank = try reader.integer("r") ?? rank
        alpha = try reader.number(alphaKey) ?? alpha
        rankPattern = try reader.patterns("rank_pattern", "a whole number") { $0.intValue }
        alphaPattern = try reader.patterns("alpha_pattern", "a number") { $0.doubleValue }
        try check(reader, alphaKey)
    }

    private func check(_ reader: SettingsReader, _ alphaKey: String) throws {
        let ranks = [("r", rank)] + rankPattern.map { ("rank_pattern.\($0.pattern)", $0.value) }
        for (key, rank) in ranks where rank <= 0 { throw reader.invalid(key, "must be at least 1, found \(rank)") }
        for (key, rank) in ranks where rank > Self.largest {
            throw reader.invalid(key, "must be at most \(Self.largest), found \(rank)")
        }
        let alphas = [(alphaKey, alpha)] + alphaPattern.map { ("alpha_pattern.\($0.pattern)", $0.value) }
        for (key, alpha) in alphas where alpha == 0 || !alpha.isFinite {
            throw reader.invalid(key, "must be finite and not 0, found \(alpha): the adapter would have no effect")
        }
    }

    /// Its settings by PEFT's keys.
    func settings(alphaKey: String) -> [JSONValue.Member] {
        [
            .init("r", .int(rank)),
            .init(alphaKey, .whole(alpha)),
            .init("rank_pattern", .object(rankPattern.map { .init($0.pattern, .int($0.value)) })),
            .init("alpha_pattern", .object(alphaPattern.map { .init($0.pattern, .whole($0.value)) })),
        ]
    }
}

extension JSONValue {
    /// Without a fraction where there is none: PEFT's alphas are usually whole.
    fileprivate static func whole(_ value: Double) -> JSONValue {
        Int(exactly: value).map { .int($0) } ?? .double(value)
    }
}
