import Testing
import Training

@Suite("The nearest name")
struct NearestNameTests {
    @Test(
        "is as many edits away as it takes",
        arguments: [
            ("", "", 0), ("a", "", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("Seed", "seed", 0), ("ab", "ba", 2),
        ])
    func distance(first: String, second: String, edits: Int) {
        #expect(NearestName.editDistance(first, second) == edits)
        #expect(NearestName.editDistance(second, first) == edits)
    }

    @Test("is the closest of those that are close enough, and the first by name of equals")
    func nearest() {
        let names = ["learning_rate", "learning_rates", "seed", "save_steps", "eval_steps"]
        #expect(NearestName.of("learning_rat", among: names) == "learning_rate")
        #expect(NearestName.of("sed", among: names) == "seed")
        #expect(NearestName.of("steps", among: names) == nil)
        #expect(NearestName.of("ab", among: ["ac", "aa"]) == "aa")
        #expect(NearestName.of("x", among: []) == nil)
    }
}
