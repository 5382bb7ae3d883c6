import Foundation

/// Unpacks pages of a column.
struct ParquetPageDecoder {
    let column: ParquetColumn
    let codec: ParquetCodec

    /// Reads a data page of either version.
    ///
    /// - Throws: `ParquetError`.
    func page(_ header: ParquetPageHeader, _ contents: Data) throws -> ParquetPage {
        try check(header, contents)
        let (levels, data, isMapped) = try header.kind == .dataV2 ? second(header, contents) : first(header, contents)
        let valueCount = levels.definition.map { levels in levels.count { $0 == column.maxDefinition } }
        let values = try ValueDecoder(column: column)
            .values(data, encoding: header.encoding, count: valueCount ?? header.valueCount)
        let page = ParquetPage(
            count: header.valueCount, levels: levels, maxDefinition: column.maxDefinition, values: values,
            isMapped: isMapped)
        if let rowCount = header.rowCount, rowCount != page.rowCount || !page.lead.isEmpty {
            throw ParquetError.damaged("a page claims \(rowCount) rows but has \(page.rowCount)")
        }
        return page
    }

    /// Reads the values that pages of the column refer to.
    ///
    /// - Throws: `ParquetError`.
    func dictionary(_ header: ParquetPageHeader, _ contents: Data) throws -> ParquetValues {
        try check(header, contents)
        guard header.encoding == 0 || header.encoding == 2 else {
            throw ParquetError.unsupported("a dictionary has encoding \(header.encoding), which lorad does not read")
        }
        let data = try codec.unpack(contents, size: header.unpackedSize)
        return try ValueDecoder(column: column).values(data, encoding: 0, count: header.valueCount)
    }

    private func check(_ header: ParquetPageHeader, _ contents: Data) throws {
        guard let checksum = header.checksum, ParquetCodec.checksum(of: contents) != checksum else { return }
        throw ParquetError.damaged("the checksum of a page is wrong: copy the file again")
    }

    private typealias Levels = (repetition: [UInt8]?, definition: [UInt8]?)

    /// Levels, each behind its length, and values are compressed together.
    private func first(_ header: ParquetPageHeader, _ contents: Data) throws -> (Levels, Data, Bool) {
        let data = try codec.unpack(contents, size: header.unpackedSize)
        var (repetition, definition, start): ([UInt8]?, [UInt8]?, Int) = (nil, nil, 0)
        try data.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let (encodings, count) = (header.levelEncodings, header.valueCount)
            repetition = try sized(&reader, column.maxRepetition, encodings[1], count)
            definition = try sized(&reader, column.maxDefinition, encodings[0], count)
            start = reader.position
        }
        return (levels(repetition, definition), data.dropFirst(start), codec == .uncompressed)
    }

    /// Levels are before the values and are not compressed.
    private func second(_ header: ParquetPageHeader, _ contents: Data) throws -> (Levels, Data, Bool) {
        let (repetitionSize, levelSize) = (header.repetitionSize, header.repetitionSize + header.definitionSize)
        guard repetitionSize <= contents.count, levelSize <= min(contents.count, header.unpackedSize) else {
            throw ParquetError.damaged("the levels of a page are longer than the page")
        }
        let repetition = try runs(contents.prefix(repetitionSize), column.maxRepetition, header.valueCount)
        let definition = try runs(
            contents.dropFirst(repetitionSize).prefix(header.definitionSize), column.maxDefinition, header.valueCount)
        let codec = header.isCompressed ? codec : .uncompressed
        let data = try codec.unpack(contents.dropFirst(levelSize), size: header.unpackedSize - levelSize)
        return (levels(repetition, definition), data, codec == .uncompressed)
    }

    /// Levels behind their length.
    private func sized(
        _ reader: inout ByteReader, _ highest: Int, _ encoding: Int, _ count: Int
    ) throws -> [UInt8]? {
        guard highest > 0 else { return nil }
        guard encoding == 3 else {
            throw ParquetError.unsupported(
                "levels have encoding \(encoding), which lorad does not read; \(ParquetError.rewrite)")
        }
        return try runs(reader.take(reader.fixed32()), highest, count)
    }

    private func runs(_ data: Data, _ highest: Int, _ count: Int) throws -> [UInt8]? {
        try data.withUnsafeBytes { try highest > 0 ? runs($0, highest, count) : nil }
    }

    private func runs(_ bytes: UnsafeRawBufferPointer, _ highest: Int, _ count: Int) throws -> [UInt8] {
        try HybridRuns.decode(bytes, width: Int.bitWidth - highest.leadingZeroBitCount, count: count) { level in
            guard level <= highest else { throw ParquetError.damaged("a level is \(level), more than \(highest)") }
            return UInt8(truncatingIfNeeded: level)
        }
    }

    /// Leaves definition levels out where all values are there.
    private func levels(_ repetition: [UInt8]?, _ definition: [UInt8]?) -> Levels {
        let isFull = definition?.allSatisfy { $0 == column.maxDefinition } ?? true
        return (repetition, isFull ? nil : definition)
    }
}
