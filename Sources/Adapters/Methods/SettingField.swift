/// A setting of a run file's adapter section, as the reference of settings prints it.
public struct SettingField: Sendable {
    /// PEFT's key.
    public let key: String
    /// The expected value in words, such as `a whole number`.
    public let kind: String
    /// The default in words; `nil` if there is none.
    public let standard: String?
    /// What it does: a sentence.
    public let help: String

    /// Creates a description.
    public init(_ key: String, _ kind: String, default standard: String? = nil, _ help: String) {
        (self.key, self.kind, self.standard, self.help) = (key, kind, standard, help)
    }
}
