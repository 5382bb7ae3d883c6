import Models

/// Puts the values of a row's columns together, by their levels (Dremel, Melnik et al. 2010).
struct ParquetRecord {
    private var runs: [ParquetRun]
    private var bytesLeft = RowIndex.maxRowBytes

    /// - Parameter runs: the row's entries in each column.
    init(runs: [ParquetRun]) { self.runs = runs }

    /// Reads the row.
    ///
    /// - Throws: `ParquetError` if the levels of its columns do not fit each other.
    mutating func read(_ fields: [ParquetSchema.Node]) throws -> JSONValue {
        let row = try object(fields)
        if let run = runs.first(where: { !$0.isAtEnd }) {
            throw run.damaged("has more values in a row than its neighbouring columns")
        }
        return row
    }

    private mutating func object(_ fields: [ParquetSchema.Node]) throws -> JSONValue {
        .object(try fields.map { JSONValue.Member($0.name, try value($0)) })
    }

    private mutating func value(_ node: ParquetSchema.Node) throws -> JSONValue {
        guard let column = Self.firstColumn(of: node), let levels = runs[column].levels else {
            throw runs[Self.firstColumn(of: node) ?? 0].damaged("has too few values in a row")
        }
        if levels.definition < node.definition {
            guard node.isOptional else { throw runs[column].damaged("lacks a required value") }
            try skip(node)
            return .null
        }
        switch node.kind {
        case .structure(let fields): return try object(fields)
        case .list(let element, let definition, let repetition):
            return try list(of: element, node, column, (definition, repetition))
        case .leaf(let column): return try leaf(column)
        }
    }

    private mutating func list(
        of element: ParquetSchema.Node, _ node: ParquetSchema.Node, _ column: Int,
        _ levels: (definition: Int, repetition: Int)
    ) throws -> JSONValue {
        guard let first = runs[column].levels, first.definition >= levels.definition else {
            try skip(node)
            return .array([])
        }
        var elements: [JSONValue] = []
        repeat {
            elements.append(try value(element))
        } while runs[column].levels?.repetition == levels.repetition
        return .array(elements)
    }

    private mutating func leaf(_ column: Int) throws -> JSONValue {
        let value = try runs[column].json()
        if case .string(let text) = value { bytesLeft -= text.utf8.count }
        bytesLeft -= 16
        guard bytesLeft >= 0 else {
            throw runs[column].damaged("the row has more than \(RowIndex.maxRowBytes) bytes")
        }
        runs[column].advance()
        return value
    }

    /// Passes the one entry that stands for what is not there, in each column beneath.
    private mutating func skip(_ node: ParquetSchema.Node) throws {
        switch node.kind {
        case .leaf(let column):
            guard !runs[column].isAtEnd else { throw runs[column].damaged("has too few values in a row") }
            runs[column].advance()
        case .structure(let fields): for field in fields { try skip(field) }
        case .list(let element, _, _): try skip(element)
        }
    }

    private static func firstColumn(of node: ParquetSchema.Node) -> Int? {
        switch node.kind {
        case .leaf(let column): column
        case .structure(let fields): fields.first.flatMap(firstColumn)
        case .list(let element, _, _): firstColumn(of: element)
        }
    }
}
