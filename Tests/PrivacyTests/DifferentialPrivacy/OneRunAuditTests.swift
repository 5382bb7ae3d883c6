import Testing

@testable import Privacy

/// Reference values: Tests/Fixtures/audit/generate.py, in decimal arithmetic of 60 digits.
@Suite("An audit in one run")
struct OneRunAuditTests {
    @Test(
        "refutes an epsilon with the probability of theorem 5.2",
        arguments: [
            (100, 100, 75, 1.0, 1e-5, 0.382900193727), (100, 50, 40, 0.5, 0, 0.00562951506213),
            (1_000, 200, 150, 1.2, 1e-5, 0.762857207865), (40, 40, 40, 2, 1e-3, 0.0169091313064),
            (500, 500, 260, 0, 1e-6, 0.197788140215), (10, 4, 0, 1, 1e-5, 1),
        ] as [(Int, Int, Int, Double, Double, Double)])
    func probability(canaries: Int, guesses: Int, correct: Int, epsilon: Double, delta: Double, expected: Double) throws
    {
        let audit = try OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
        #expect(abs(audit.probability(epsilon: epsilon, delta: delta) / expected - 1) < 1e-9)
    }

    @Test(
        "finds the largest epsilon that is refuted",
        arguments: [
            (100, 100, 75, 1e-5, 0.95, 0.701940799998), (1_000, 1_000, 1_000, 1e-5, 0.95, 5.78228313539),
            (1_000, 200, 150, 1e-5, 0.99, 0.711296492424), (64, 64, 64, 1e-5, 0.95, 3.03640788975),
            (100, 100, 55, 1e-5, 0.95, 0), (1_000, 100, 99, 0, 0.95, 3.01933894087),
        ] as [(Int, Int, Int, Double, Double, Double)])
    func bound(canaries: Int, guesses: Int, correct: Int, delta: Double, confidence: Double, expected: Double) throws {
        let audit = try OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
        #expect(abs(try audit.lowerBound(delta: delta, confidence: confidence) - expected) < 1e-8)
    }

    @Test("guesses by the most conspicuous scores")
    func guesses() throws {
        let included = (0..<200).map { $0 % 2 == 0 }
        let all = try OneRunAudit.best(scores: included.map { $0 ? 1 : 0 }, included: included, delta: 1e-5)
        #expect(all.audit == (try OneRunAudit(canaries: 200, guesses: 200, correct: 200)))
        #expect(all.lowerBound > 3 && all.lowerBound < 4)
        // Scores that tell of the twenty largest and smallest only.
        let some = included.indices.map { $0 < 20 ? (included[$0] ? 1.0 : -1) : 0 }
        let few = try OneRunAudit.best(scores: some, included: included, delta: 1e-5)
        #expect(few.audit.guesses < 100 && few.lowerBound > 0.5 && few.lowerBound < all.lowerBound)
        let none = try OneRunAudit.best(scores: included.map { $0 ? 0 : 1 }, included: included, delta: 1e-5)
        #expect(none.lowerBound == 0)
    }

    @Test("refuses counts that cannot be")
    func counts() {
        for (canaries, guesses, correct) in [(0, 0, 0), (5, 6, 1), (5, 3, 4), (5, 3, -1), (2_000_000, 1, 1)] {
            #expect(throws: PrivacyError.self) {
                try OneRunAudit(canaries: canaries, guesses: guesses, correct: correct)
            }
        }
        #expect(throws: PrivacyError.self) { try OneRunAudit.best(scores: [1], included: [], delta: 0) }
        #expect(throws: PrivacyError.self) { try OneRunAudit.best(scores: [.nan], included: [true], delta: 0) }
    }
}
