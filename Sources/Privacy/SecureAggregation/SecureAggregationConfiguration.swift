import Crypto
public import Foundation

/// What all parties of one round of secure aggregation hold equal; its digest is inside every signature.
public struct SecureAggregationConfiguration: Sendable, Equatable {
    /// The run's name, at most 255 bytes.
    public let run: String
    /// The round's number.
    public let round: UInt64
    /// The ring elements of a vector, the weight included.
    public let elements: Int
    /// The width of an element, 16…32.
    public let bits: Int
    /// Fewer workers make no sum, for one of few says much of each: so many must begin, and so many must be left.
    public let fewestWorkers: Int
    /// The most workers that the encoding has room for.
    public let mostWorkers: Int
    /// The fraction of workers that must stay, and of a neighbourhood's shares that open a secret.
    ///
    /// Of n workers up to 1 − threshold may be lost, while ``fewestWorkers`` stay, and more than half of all workers and
    /// ``colluders`` together (``quorum(of:)``).
    public let threshold: Double
    /// Workers of a round that may be in league with the coordinator: so many cannot have two lists of survivors signed. The
    /// graph above ``completeWorkers`` workers is made for them, or for more
    /// (``NeighbourDegree/colluders(workers:threshold:declared:)``).
    public let colluders: Int
    /// What else must be equal: encoding, layout of the vector, base state.
    public let binding: Data

    /// Up to so many workers, every worker is the neighbour of every other.
    public static let completeWorkers = GraphRule.standard.completeWorkers
    /// The most ring elements of a vector.
    public static let mostElements = 1 << 30

    /// How dense the graph is; only tests, whose rounds are small, have another rule.
    var graphRule = GraphRule.standard

    /// A round's configuration.
    ///
    /// - Throws: ``PrivacyError/Code/invalidConfiguration`` that names the number and its range.
    public init(
        run: String, round: UInt64, elements: Int, bits: Int, fewestWorkers: Int = 3, mostWorkers: Int,
        threshold: Double = 0.67, colluders: Int = 0, binding: Data = Data()
    ) throws {
        self.run = run
        self.round = round
        self.elements = elements
        self.bits = bits
        self.fewestWorkers = fewestWorkers
        self.mostWorkers = mostWorkers
        self.threshold = threshold
        self.colluders = colluders
        self.binding = binding
        if let problem { throw PrivacyError(.invalidConfiguration, "secure aggregation cannot run: \(problem)") }
    }

    /// A round whose vectors are encoded values: `values` of them, and the weight.
    ///
    /// - Throws: As the other initialiser.
    public init(
        run: String, round: UInt64, values: Int, encoding: FixedPoint, fewestWorkers: Int = 3,
        threshold: Double = 0.67, colluders: Int = 0, binding: Data = Data()
    ) throws {
        try self.init(
            run: run, round: round, elements: values + 1, bits: encoding.bits, fewestWorkers: fewestWorkers,
            mostWorkers: encoding.workers, threshold: threshold, colluders: colluders,
            binding: Data(SHA256.hash(data: encoding.canonical + binding)))
    }

    private var problem: String? {
        if run.isEmpty || run.utf8.count > 255 {
            "the run's name has \(run.utf8.count) bytes; 1 to 255 are possible"
        } else if !(1...Self.mostElements).contains(elements) {
            "vectors of \(elements) elements; 1 to \(Self.mostElements) are possible"
        } else if !(16...32).contains(bits) {
            "elements of \(bits) bits; 16 to 32 are possible"
        } else if !(2...65_535).contains(mostWorkers) {
            "at most \(mostWorkers) workers; 2 to 65535 are possible"
        } else if !(2...mostWorkers).contains(fewestWorkers) {
            "at least \(fewestWorkers) workers; 2 to \(mostWorkers), the most, are possible"
        } else if !(threshold > 0.5 && threshold <= 1) {
            "a threshold of \(threshold); above 0.5, so that two groups cannot both reach it, and at most 1"
        } else if !(0..<mostWorkers).contains(colluders) {
            "\(colluders) colluders; 0 to \(mostWorkers - 1), all but one, are possible"
        } else if binding.count > 255 {
            "a binding of \(binding.count) bytes; at most 255 are possible"
        } else {
            nil
        }
    }

    /// SHA-256 of all of it.
    public var digest: Data {
        var bytes = Data("lorad secure aggregation 1 round".utf8)
        bytes.append(UInt8(run.utf8.count))
        bytes.append(contentsOf: run.utf8)
        for number in [
            round, UInt64(elements), UInt64(bits), UInt64(fewestWorkers), UInt64(mostWorkers), threshold.bitPattern,
            UInt64(colluders), UInt64(binding.count),
        ] { bytes.append(littleEndian: number) }
        return Data(SHA256.hash(data: bytes + binding))
    }

    var limit: Threshold { Threshold(fraction: threshold) }

    /// How many of so many workers must be left for a round to go on, and must sign the list of those that are.
    ///
    /// Two such lists have 2q − n signers in common. That is more than ``colluders``, so an honest worker would have signed
    /// both, and none does.
    func quorum(of workers: Int) -> Int {
        max(limit.needed(of: workers), fewestWorkers, (workers + colluders) / 2 + 1)
    }
}
