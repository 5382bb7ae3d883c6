import Foundation

/// Where the pages of a column chunk are, and which rows begin in them.
struct ParquetChunkIndex: Sendable {
    /// A page in the file.
    struct Place: Sendable {
        let header: ParquetPageHeader
        /// Its contents in the file.
        let contents: Range<Int>
    }

    /// A data page.
    struct Entry: Sendable {
        let place: Place
        /// The first row that begins in it, counted from the row group's first.
        let firstRow: Int
        /// How many rows begin in it.
        let rowCount: Int
        /// Whether its first entries belong to a row of an earlier page.
        let hasLead: Bool
    }

    /// The dictionary, where there is one.
    private(set) var dictionary: Place?
    /// The data pages, in their order.
    private(set) var pages: [Entry] = []

    /// Goes through the headers of the pages.
    ///
    /// - Parameters:
    ///   - range: the chunk's bytes.
    ///   - info: what the footer says of it.
    ///   - rowCount: the rows of its group.
    ///   - rows: of a page that does not say it, how many rows begin in it and whether it continues one.
    /// - Throws: `ParquetError`.
    init(
        _ file: Data, _ range: Range<Int>, _ info: ParquetChunkInfo, rowCount: Int,
        rows: (Int, Place) throws -> (count: Int, hasLead: Bool)
    ) throws {
        var (offset, valueCount, row) = (range.lowerBound, 0, 0)
        while offset < range.upperBound, valueCount < info.valueCount || pages.isEmpty {
            let place = try Self.place(file, offset..<range.upperBound)
            offset = place.contents.upperBound
            switch place.header.kind {
            case .other: continue
            case .dictionary:
                guard dictionary == nil, pages.isEmpty else { throw ParquetError.damaged("a dictionary occurs twice") }
                dictionary = place
            case .data, .dataV2:
                let (count, hasLead) = try place.header.rowCount.map { ($0, false) } ?? rows(pages.count, place)
                guard count <= place.header.valueCount, count <= rowCount - row, !hasLead || !pages.isEmpty else {
                    throw ParquetError.damaged("its pages have more rows than the row group")
                }
                pages.append(Entry(place: place, firstRow: row, rowCount: count, hasLead: hasLead))
                valueCount += place.header.valueCount
                row += count
            }
        }
        guard row == rowCount, valueCount == info.valueCount else {
            throw ParquetError.damaged(
                "its pages have \(row) rows and \(valueCount) values, expected \(rowCount) and \(info.valueCount)")
        }
    }

    /// The number of the page that a row begins in.
    func page(ofRow row: Int) -> Int {
        var (low, high) = (0, pages.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if pages[middle].firstRow + pages[middle].rowCount > row { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func place(_ file: Data, _ range: Range<Int>) throws -> Place {
        let start = file.startIndex + range.lowerBound
        let (header, length) = try file[start..<file.startIndex + range.upperBound].withUnsafeBytes { bytes in
            var reader = ThriftReader(bytes)
            return (try ParquetPageHeader(&reader), reader.position)
        }
        let contents = range.lowerBound + length
        guard header.size <= range.upperBound - contents else {
            throw ParquetError.damaged("a page of \(header.size) bytes reaches beyond its column's end")
        }
        return Place(header: header, contents: contents..<contents + header.size)
    }
}
