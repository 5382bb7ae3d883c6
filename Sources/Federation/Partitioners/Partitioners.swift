/// The partitioners that there are.
public enum Partitioners {
    /// Every partitioner.
    public static let all: [any Partitioner.Type] = [
        EvenPartitioner.self,
        DirichletPartitioner.self,
        FieldPartitioner.self,
    ]

    /// The names that a run file may give.
    public static var names: [String] { all.map { $0.name } }

    /// The partitioner of a name.
    ///
    /// - Throws: `FederationError.invalidConfiguration` where there is none or an option does not fit it.
    public static func named(
        _ name: String, _ options: PartitionOptions = PartitionOptions()
    ) throws -> any Partitioner {
        guard let type = all.first(where: { $0.name == name }) else {
            throw FederationError(
                .invalidConfiguration,
                "there is no partitioner `\(name)`: expected one of \(names.joined(separator: ", "))")
        }
        return try type.init(options)
    }
}
