import Models
import Testing

@testable import Adapters

@Suite("Suggesting names")
struct NameSuggestionsTests {
    private let known = ["q_proj", "k_proj", "v_proj", "lora_alpha", "lora_dropout"]

    @Test("finds the nearest first, and at most three")
    func nearest() {
        #expect(NameSuggestions.nearest(to: "q_porj", among: known).first == "q_proj")
        #expect(NameSuggestions.nearest(to: "_proj", among: known) == ["k_proj", "q_proj", "v_proj"])
        #expect(NameSuggestions.nearest(to: "LORA_alfa", among: known) == ["lora_alpha"])
    }

    @Test("stays silent when nothing is near")
    func nothing() {
        #expect(NameSuggestions.nearest(to: "embed_tokens", among: known) == [])
        #expect(NameSuggestions.question(for: "embed_tokens", among: known) == "")
    }

    @Test("compares an entry with as many parts of each path as it has itself")
    func ends() {
        let paths = ["m.layers.0.mlp.up", "m.head"]
        #expect(NameSuggestions.pathEnds(of: paths, like: "mlp.pu") == ["mlp.up", "m.head"])
        #expect(NameSuggestions.pathEnds(of: paths, like: "haed") == ["up", "head"])
    }
}
