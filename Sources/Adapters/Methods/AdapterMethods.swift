import Models

/// The adapter methods that lorad trains.
public enum AdapterMethods {
    /// One line a method; of several with one `peft_type`, the first that is meant is taken.
    static let all: [any AdapterMethod.Type] = [
        DoRA.self,
        LoRA.self,
        IA3.self,
        LoHa.self,
        LoKr.self,
    ]

    /// What people call them.
    public static var names: [String] { all.map { $0.name } }

    /// The settings that are the methods' own, each once.
    public static var fields: [SettingField] {
        var seen: Set<String> = []
        return all.flatMap { $0.fields }.filter { seen.insert($0.key).inserted }
    }

    /// Whether a key is a setting of one of the methods, or of adapters with another one.
    static func isSetting(_ key: String) -> Bool {
        all.contains { $0.absentSettings.contains(key) } || fields.contains { $0.key == key }
    }

    /// The first parts of the names of all methods' tensors.
    static let tensorNames: [String] = {
        var seen: Set<String> = []
        return all.flatMap { $0.tensorNames }.filter { seen.insert($0).inserted }
    }()

    /// Where the name of a method's tensor begins in a path: after the module's own.
    static func tensorStart(in path: String) -> String.Index? {
        tensorNames.lazy.compactMap { path.firstRange(of: "." + $0)?.lowerBound }
            .first { start in
                let rest = path[start...].dropFirst()
                return tensorNames.contains { rest == $0 || rest.hasPrefix($0 + ".") }
            }
    }

    /// The method that settings ask for, with its settings.
    ///
    /// - Throws: `AdapterError` naming `peft_type` if no method has it, or the setting at fault.
    static func method(
        _ reader: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]
    ) throws -> any AdapterMethod {
        let type = try reader.text("peft_type")
        if type == nil, origin == .savedAdapter {
            throw reader.invalid("peft_type", "is missing: PEFT did not write this configuration")
        }
        let name = type?.uppercased() ?? LoRA.peftType
        let candidates = all.filter { $0.peftType == name }
        guard let method = candidates.first(where: { $0.isMeant(by: reader) }) else {
            let known = all.map { $0.peftType }.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            throw AdapterError(
                .unsupported,
                "\(reader.source): peft_type \"\(type ?? "")\" is not supported; supported: "
                    + known.joined(separator: ", "), setting: "peft_type")
        }
        return try method.init(reader, origin: origin, notes: &notes)
    }
}
