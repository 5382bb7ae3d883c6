/// Which modules a setting means, in PEFT's three ways of saying it.
public enum ModuleSelection: Sendable, Equatable {
    /// Each name selects the module of that path, and every module whose path ends in `.name`.
    case names([String])
    /// A regular expression that the whole module path must match.
    case pattern(String)
    /// Every linear layer except the output embedding; only `target_modules` can say so.
    case allLinear
}
