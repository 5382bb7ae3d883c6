/// What messages about a dataset call the settings that it is read with: keys of a run file, or a command's options.
public struct SettingNames: Equatable, Sendable {
    /// The most tokens of an example.
    public var maxLength: String
    /// What to do besides changing `maxLength`, at the end of a sentence; empty if there is nothing.
    public var onLong: String
    /// How the conversation template is chosen: `set data.template to`, or `give --template`.
    public var chooseTemplate: String
    /// How the dataset's format is chosen.
    public var chooseFormat: String

    /// The keys of a run file.
    public static let runFile = SettingNames(
        maxLength: "data.max_length", onLong: ", or set data.on_long to drop", chooseTemplate: "set data.template to",
        chooseFormat: "set data.format")
    /// The options of `lorad eval`, `lorad generate` and `lorad partition`.
    public static let options = SettingNames(
        maxLength: "--max-length", onLong: ", or skip such examples with --skip-bad-rows",
        chooseTemplate: "give --template", chooseFormat: "give --format")
    /// Those of `lorad worker`: the format is its own, everything else is the coordinator's.
    public static let worker = SettingNames(
        maxLength: "data.max_length of the coordinator's run file",
        onLong: ", skip such examples with --skip-bad-rows, or set data.on_long to drop there",
        chooseTemplate: "set data.template of the coordinator's run file to", chooseFormat: "give --format")
}
