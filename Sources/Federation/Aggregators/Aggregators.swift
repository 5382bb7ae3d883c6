import Tensors

/// The aggregators that there are.
public enum Aggregators {
    /// Every aggregator.
    public static let all: [any Aggregator.Type] = [
        MeanAggregator.self,
        FFALoRAAggregator.self,
        RoLoRAAggregator.self,
        FLoRAAggregator.self,
        FlexLoRAAggregator.self,
        FedExLoRAAggregator.self,
        HetLoRAAggregator.self,
        CoordinateMedianAggregator.self,
        TrimmedMeanAggregator.self,
        KrumAggregator.self,
        MultiKrumAggregator.self,
        NormBoundAggregator.self,
    ]

    /// The names that a run file may give.
    public static var names: [String] { all.map { $0.name } }

    /// The aggregator of a name.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where there is none or an option does not fit it.
    public static func named(
        _ name: String, _ options: AggregationOptions = AggregationOptions()
    ) throws -> any Aggregator {
        guard let type = all.first(where: { $0.name == name }) else {
            throw FederationError(
                .invalidConfiguration,
                "there is no aggregation `\(name)`: expected one of \(names.joined(separator: ", "))")
        }
        return try type.init(options)
    }

    /// The aggregator of a name, for a run with secure aggregation.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where there is none, an option does not fit it, or it needs to
    ///   see more than a sum.
    public static func linear(
        named name: String, _ options: AggregationOptions = AggregationOptions()
    ) throws -> any LinearAggregator {
        try linear(named(name, options))
    }

    /// The same aggregator, for a run with secure aggregation.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where it needs to see more than a sum.
    static func linear(_ aggregator: any Aggregator) throws -> any LinearAggregator {
        if let linear = aggregator as? any LinearAggregator { return linear }
        let possible = all.filter { $0.isLinear }.map { $0.name }.joined(separator: ", ")
        throw FederationError(
            .invalidConfiguration,
            "aggregation `\(type(of: aggregator).name)` needs each worker's own update, which secure aggregation hides: use one of \(possible)"
        )
    }
}

extension Aggregator {
    /// Says when a run is configured, not at the end of its first round, that the library is missing.
    static func requireLAPACK() throws {
        guard LAPACK.isAvailable else {
            throw FederationError(
                .unsupported,
                "aggregation `\(name)` needs LAPACK: libopenblas.so.0 is not installed; install libopenblas-dev")
        }
    }
}
