/// The scalars words are made of, `\w` in Unicode regular expressions (UTS 18).
enum WordScalars {
    /// Letters, marks, decimal digits, connectors and joiners.
    static let set = ScalarSet([
        .categories(["L", "M", "Nd", "Nl", "Pc"].reduce(0) { $0 | (ScalarCategory.mask($1) ?? 0) }),
        .alphabetic, .range(0x200C...0x200D),
    ])
}
