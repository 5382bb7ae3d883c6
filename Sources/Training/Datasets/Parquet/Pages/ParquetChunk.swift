/// A column of a row group.
struct ParquetChunk {
    let file: ParquetFile
    let group: Int
    let column: Int

    /// The schema's entry for it.
    var description: ParquetColumn { file.schema.columns[column] }

    /// The entries of a row, which may go over several pages.
    ///
    /// - Parameter row: counted from the row group's first.
    func spans(ofRow row: Int) throws -> [ParquetRun.Span] {
        let index = try file.index(group, column)
        let number = index.page(ofRow: row)
        guard index.pages.indices.contains(number),
            case let local = row - index.pages[number].firstRow, (0..<index.pages[number].rowCount).contains(local)
        else { throw ParquetError.damaged("no page has row \(row) of the group") }
        let page = try page(number, index)
        guard local < page.rowCount else { throw ParquetError.damaged("a page has fewer rows than it declares") }
        var spans = [ParquetRun.Span(page: page, entries: page.entries(ofRow: local))]
        guard local == index.pages[number].rowCount - 1 else { return spans }
        for next in index.pages.indices.dropFirst(number + 1) {
            guard index.pages[next].hasLead else { break }
            let page = try self.page(next, index)
            spans.append(ParquetRun.Span(page: page, entries: page.lead))
            guard spans.reduce(0, { $0 + $1.entries.count }) <= ParquetLimits.rowValues else { throw tooMany }
            if page.rowCount > 0 { break }
        }
        guard spans[0].entries.count <= ParquetLimits.rowValues else { throw tooMany }
        return spans
    }

    /// The values that pages refer to.
    func dictionary() throws -> ParquetValues { try file.dictionary(group, column) }

    private func page(_ number: Int, _ index: ParquetChunkIndex) throws -> ParquetPage {
        try file.page(number: number, index.pages[number].place, group, column)
    }

    private var tooMany: ParquetError {
        .unsupported("a row has more than \(ParquetLimits.rowValues) values")
    }
}
