import Testing
@Test("one") func one() { #expect(1 == 1) }
