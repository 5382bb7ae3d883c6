import Testing

@testable import lorad

@Suite("A table")
struct TextTableTests {
    private let table = TextTable(
        columns: [
            .init(title: "name"), .init(title: "state", rank: 2), .init(title: "bytes", isRight: true, rank: 1),
        ],
        rows: [["alpha", .init("idle", .good), "12"], ["a-worker-with-a-long-name", "silent", "3456789"]])

    @Test("is as wide as what stands in it, numbers at the right")
    func alignment() {
        #expect(
            table.lines() == [
                "name                       state     bytes", "alpha                      idle         12",
                "a-worker-with-a-long-name  silent  3456789",
            ])
    }

    @Test("leaves out the least important columns first, then shortens the first")
    func narrowing() {
        #expect(table.lines(width: 41)[2] == "a-worker-with-a-long-name  3456789")
        #expect(table.lines(width: 30) == ["name", "alpha", "a-worker-with-a-long-name"])
        #expect(table.lines(width: 8) == ["name", "alpha", "a-worke…"])
    }

    @Test("never wraps, however narrow the terminal", arguments: 1...60)
    func width(columns: Int) {
        let fixed = TextTable(
            columns: [.init(title: "name"), .init(title: "progress")], rows: [["alpha", "step 3/20"]])
        for line in table.lines(width: columns) + fixed.lines(width: columns) { #expect(line.count <= columns) }
    }

    @Test("uses colours only where it may")
    func colours() {
        #expect(table.lines(usesColour: true)[1].contains("\u{1B}[32midle  \u{1B}[0m"))
        #expect(!table.lines().joined().contains("\u{1B}"))
    }

    @Test("without rows has its titles, without columns nothing")
    func empty() {
        #expect(TextTable(columns: [.init(title: "run")]).lines() == ["run"])
        #expect(TextTable(columns: []).lines(width: 5) == [""])
    }

    @Test(
        "writes bytes in the unit that suits them",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (9_949, "9.9 kB"), (9_951, "10 kB"), (999_400, "999 kB"),
            (999_600, "1.0 MB"), (45_200_000, "45 MB"), (1_340_000_000, "1.3 GB"), (Int.max, "9.2 EB"), (-1, "0 B"),
        ])
    func bytes(count: Int, text: String) { #expect(count.bytesText == text) }
}
