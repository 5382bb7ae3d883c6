/// The server optimizers that there are.
public enum ServerOptimizers {
    /// Every server optimizer.
    public static let all: [any ServerOptimizer.Type] = [
        NoServerOptimizer.self,
        ServerSGD.self,
        ServerAdam.self,
        ServerYogi.self,
        ServerAdagrad.self,
    ]

    /// The names that a run file may give.
    public static var names: [String] { all.map { $0.name } }

    /// The server optimizer of a name.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where there is none or an option does not fit it.
    public static func named(
        _ name: String, _ options: ServerOptimizerOptions = ServerOptimizerOptions()
    ) throws -> any ServerOptimizer {
        guard let type = all.first(where: { $0.name == name }) else {
            throw FederationError(
                .invalidConfiguration,
                "there is no server optimizer `\(name)`: expected one of \(names.joined(separator: ", "))")
        }
        return try type.init(options)
    }

    /// The server optimizer of a name, for results of an aggregator.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where the two cannot be paired, besides the reasons above.
    public static func named(
        _ name: String, _ options: ServerOptimizerOptions = ServerOptimizerOptions(), after aggregator: some Aggregator
    ) throws -> any ServerOptimizer {
        let optimizer = try named(name, options)
        guard type(of: aggregator).allowsServerOptimizer || optimizer is NoServerOptimizer else {
            throw FederationError(
                .invalidConfiguration,
                "aggregation `\(type(of: aggregator).name)` makes new factors each round, so that their difference is no "
                    + "direction: use server_optimizer `\(NoServerOptimizer.name)`, or another aggregation")
        }
        return optimizer
    }
}
