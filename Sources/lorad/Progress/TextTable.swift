/// Rows under titles, in columns as wide as what stands in them; what has no room is left out, the least important first.
struct TextTable: Equatable, Sendable {
    /// How a cell stands out, where colours may be used.
    enum Tone: String, Sendable {
        case plain = ""
        case good = "32"
        case warning = "33"
        case bad = "31"
        case faint = "2"
    }

    /// What stands in a column of a row.
    struct Cell: Equatable, Sendable, ExpressibleByStringInterpolation {
        var text: String
        var tone = Tone.plain

        init(_ text: String, _ tone: Tone = .plain) {
            self.text = text
            self.tone = tone
        }

        init(stringLiteral text: String) { self.text = text }
    }

    /// A column.
    struct Column: Equatable, Sendable {
        var title: String
        /// Whether it holds numbers.
        var isRight = false
        /// Columns of the highest rank go first where there is no room; 0 stays.
        var rank = 0
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    private static let gap = "  "

    /// The titles and the rows, a line each.
    ///
    /// - Parameter width: the most characters of a line; the first column is shortened where nothing else helps.
    func lines(width: Int = .max, usesColour: Bool = false) -> [String] {
        var kept = Array(columns.indices)
        while total(kept) > width, let victim = kept.max(by: { columns[$0].rank < columns[$1].rank }),
            columns[victim].rank > 0
        {
            kept.removeAll { $0 == victim }
        }
        var widths = kept.map(self.width)
        if !widths.isEmpty { widths[0] -= max(0, min(widths[0] - 1, total(kept) - width)) }
        let titles = columns.map { Cell($0.title, .faint) }
        return ([titles] + rows).map { row in
            line(zip(kept, widths).map { (row[$0], $1, columns[$0].isRight) }, limit: width, usesColour)
        }
    }

    /// The table without the columns of some titles.
    func leavingOut(_ titles: Set<String>) -> TextTable {
        let kept = columns.indices.filter { !titles.contains(columns[$0].title) }
        return TextTable(columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
    }

    private func width(_ column: Int) -> Int {
        rows.reduce(columns[column].title.count) { max($0, $1[column].text.count) }
    }

    private func total(_ kept: [Int]) -> Int { kept.reduce(Self.gap.count * (kept.count - 1)) { $0 + width($1) } }

    private func line(_ cells: [(cell: Cell, width: Int, isRight: Bool)], limit: Int, _ usesColour: Bool) -> String {
        var line = ""
        var room = limit
        for (index, item) in cells.enumerated() {
            let isLast = index == cells.count - 1
            let text = String(
                item.cell.text.fitted(to: item.width, isRight: item.isRight, padsRight: !isLast).prefix(room))
            room -= min(room, text.count)
            line += usesColour ? item.cell.tone.applied(to: text) : text
            if !isLast, room >= Self.gap.count {
                line += Self.gap
                room -= Self.gap.count
            }
        }
        return line
    }
}

extension TextTable.Tone {
    fileprivate func applied(to text: String) -> String {
        self == .plain ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}

extension String {
    fileprivate func fitted(to width: Int, isRight: Bool, padsRight: Bool) -> String {
        guard count <= width else { return String(prefix(max(0, width - 1))) + "…" }
        let space = String(repeating: " ", count: width - count)
        return isRight ? space + self : padsRight ? self + space : self
    }
}
