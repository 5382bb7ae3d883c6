import Models
import Testing

@testable import Adapters

@Suite("Condensing long lists of names")
struct MinimalNamesTests {
    private let layers = (0..<20).map { "m.layers.\($0).q" }

    @Test("leaves short lists alone")
    func short() {
        let names = Array(layers.prefix(19))
        #expect(MinimalNames.condense(names, among: layers) == names)
    }

    @Test("finds the endings that no other module has")
    func endings() {
        #expect(MinimalNames.condense(layers, among: layers + ["m.head"]) == ["q"])
        let others = ["m.tower.q"]
        #expect(MinimalNames.condense(layers, among: layers + others) == layers)
    }

    @Test("keeps the selection the same")
    func selection() throws {
        let names = layers + (0..<20).map { "m.layers.\($0).mlp.up" }
        let paths = names + ["m.tower.up", "m.layers", "m.layers.0.k"]
        let condensed = MinimalNames.condense(names, among: paths)
        #expect(condensed == ["mlp.up", "q"])
        #expect(try paths.filter(NameFilter(names: condensed).matches) == names)
    }
}
