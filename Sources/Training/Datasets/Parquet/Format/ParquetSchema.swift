/// A file's columns, and how values of them make a row.
struct ParquetSchema: Sendable {
    /// A part of a row.
    struct Node: Sendable {
        let name: String
        let isOptional: Bool
        /// The definition level from which on it is there.
        let definition: Int
        let kind: Kind
    }

    /// What a part holds.
    indirect enum Kind: Sendable {
        /// A value of the column at a position.
        case leaf(Int)
        /// Named parts.
        case structure([Node])
        /// A list: its elements, the definition level from which on there is one, and the repetition level of all but the
        /// first.
        case list(Node, definition: Int, repetition: Int)
    }

    /// The top-level columns.
    private(set) var fields: [Node] = []
    /// The leaves, in the order of a row group's columns.
    private(set) var columns: [ParquetColumn] = []

    /// Builds the tree.
    ///
    /// - Throws: `ParquetError`.
    init(_ elements: [ParquetElement]) throws {
        guard elements.count <= ParquetLimits.schemaElements else {
            throw ParquetError.unsupported("its schema has \(elements.count) elements, more than lorad reads")
        }
        var rest = elements[...]
        let root = rest.removeFirst()
        for _ in 0..<root.childCount {
            fields.append(try node(&rest, Place(path: "", definition: 0, repetition: 0, depth: 0)))
        }
        guard rest.isEmpty, !fields.isEmpty else {
            throw ParquetError.damaged("its schema has more elements than its groups")
        }
    }

    /// Where an element is in the tree, and the levels that those above it add up to.
    private struct Place {
        var path: String
        var definition: Int
        var repetition: Int
        var depth: Int

        func below(_ element: ParquetElement) -> Place {
            var place = self
            place.path = path.isEmpty ? element.name : "\(path).\(element.name)"
            place.definition += element.repetition == .required ? 0 : 1
            place.repetition += element.repetition == .repeated ? 1 : 0
            place.depth += 1
            return place
        }
    }

    private mutating func node(_ rest: inout ArraySlice<ParquetElement>, _ parent: Place) throws -> Node {
        guard let element = rest.popFirst() else { throw ParquetError.damaged("its schema ends too early") }
        let place = parent.below(element)
        guard place.depth <= ParquetLimits.schemaDepth else {
            throw ParquetError.unsupported("its groups are nested more than \(ParquetLimits.schemaDepth) levels deep")
        }
        guard element.repetition == .repeated else {
            return Node(
                name: element.name, isOptional: element.repetition == .optional, definition: place.definition,
                kind: try kind(element, &rest, place))
        }
        // A repeated field of no list: the list is always there.
        let inner = Node(
            name: element.name, isOptional: false, definition: place.definition,
            kind: try kind(element, &rest, place))
        return Node(
            name: element.name, isOptional: false, definition: parent.definition,
            kind: .list(inner, definition: place.definition, repetition: place.repetition))
    }

    private mutating func kind(
        _ element: ParquetElement, _ rest: inout ArraySlice<ParquetElement>, _ place: Place
    ) throws -> Kind {
        if let type = element.type {
            columns.append(
                ParquetColumn(
                    path: place.path, type: type, length: element.length, meaning: element.meaning,
                    maxDefinition: place.definition, maxRepetition: place.repetition))
            return .leaf(columns.count - 1)
        }
        guard element.childCount > 0 else { throw ParquetError.damaged("the group `\(place.path)` is empty") }
        let isList = element.meaning == .list || element.meaning == .map
        if isList, element.childCount == 1, let middle = rest.first, middle.repetition == .repeated {
            return try list(middle, of: element, &rest, place)
        }
        var children: [Node] = []
        for _ in 0..<element.childCount { children.append(try node(&rest, place)) }
        return .structure(children)
    }

    /// A list of three levels, or of two as older writers have it.
    private mutating func list(
        _ middle: ParquetElement, of list: ParquetElement, _ rest: inout ArraySlice<ParquetElement>, _ place: Place
    ) throws -> Kind {
        let isElement =
            middle.type != nil || middle.childCount != 1 || middle.name == "array"
            || middle.name == "\(list.name)_tuple"
        let below = place.below(middle)
        if !isElement {
            rest.removeFirst()
            let element = try node(&rest, below)
            return .list(element, definition: below.definition, repetition: below.repetition)
        }
        guard case let node = try node(&rest, place), case .list = node.kind else {
            throw ParquetError.damaged("the list `\(place.path)` has no elements")
        }
        return node.kind
    }
}

/// A leaf of the schema.
struct ParquetColumn {
    /// Names from the root, joined by dots.
    let path: String
    let type: ParquetType
    /// Bytes of a value of fixed length.
    let length: Int
    let meaning: ParquetMeaning
    let maxDefinition: Int
    let maxRepetition: Int
}
