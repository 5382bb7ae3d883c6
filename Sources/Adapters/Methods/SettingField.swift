/// A setting of a run file's adapter section, as the reference of settings prints it.
public struct SettingField: Sendable {
    /// PEFT's key.
    public let key: String
    /// What may stand there, in words: `a whole number`.
    public let kind: String
    /// What holds where it is not given, in words; `nil` if that is nothing.
    public let standard: String?
    /// What it does: a sentence.
    public let help: String

    /// Creates a description.
    public init(_ key: String, _ kind: String, default standard: String? = nil, _ help: String) {
        (self.key, self.kind, self.standard, self.help) = (key, kind, standard, help)
    }
}
