public import Models

/// The number of trainable parameters and of all parameters, counted as PEFT's `print_trainable_parameters` does.
public struct ParameterCount: Sendable, Equatable, CustomStringConvertible {
    /// Numbers that train.
    public let trainable: Int
    /// All parameters: those of the base model, counting a tied embedding once, plus the adapter's factors and copies
    /// of saved modules.
    public let all: Int

    /// Counts the parameters of a plan and of the modules that it was made for.
    ///
    /// - Parameter loose: parameters of the base model outside its modules.
    public init(plan: AdapterPlan, modules: [ModuleDescription], tiesEmbeddings: Bool, loose: Int = 0) {
        let base = modules.filter { !(tiesEmbeddings && $0.isOutputEmbedding) }.flatMap(\.parameters).map(\.shape)
        let added = plan.parameters.filter { $0.role != .bias && $0.role != .temperature }.map(\.shape)
        trainable = plan.trainableCount
        all = (base + added).reduce(loose) { $0 + $1.reduce(1, *) }
    }

    /// `trainable params: 2,004 || all params: 19,590 || trainable%: 10.2297`.
    public var description: String {
        let share = (1e6 * Double(trainable) / Double(max(1, all))).rounded() / 1e4
        return "trainable params: \(trainable.grouped) || all params: \(all.grouped) || trainable%: \(share)"
    }
}

extension Int {
    /// The number with commas: `1,234,567`.
    public var grouped: String {
        let digits = Array(String(magnitude))
        let groups = stride(from: digits.count, to: 0, by: -3).reversed().map { end in
            String(digits[Swift.max(0, end - 3)..<end])
        }
        return (self < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}
