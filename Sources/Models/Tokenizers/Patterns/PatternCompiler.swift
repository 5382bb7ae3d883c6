/// Turns the syntax tree of a pattern into instructions.
struct PatternCompiler {
    static let maximumLength = 20_000

    private(set) var instructions: [PatternInstruction] = []
    private(set) var sets: [ScalarSet] = []

    /// Appends the instructions of a node and an `accept`; answers where they begin.
    mutating func compile(alternative node: PatternNode) throws -> Int {
        let start = instructions.count
        try compile(node)
        instructions.append(.accept)
        return start
    }

    private mutating func compile(_ node: PatternNode) throws {
        guard instructions.count < Self.maximumLength else { throw PatternError(message: "a pattern this long") }
        switch node {
        case .set(let set): instructions.append(.set(index(of: set)))
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .alternatives(let nodes): try compile(alternatives: nodes[...])
        case .repetition(.set(let set), let minimum, let maximum, let greed) where greed != .lazy:
            instructions.append(
                .run(
                    set: index(of: set), minimum: minimum, maximum: maximum ?? .max, possessive: greed == .possessive))
        case .repetition(let node, let minimum, let maximum, .possessive):
            try compile(.atomic(.repetition(node, minimum: minimum, maximum: maximum, greed: .greedy)))
        case .repetition(let node, let minimum, let maximum, let greed):
            try compile(node, minimum, maximum, isLazy: greed == .lazy)
        case .lookahead(let node, let negative):
            try compile(nested: node) { .lookahead(negative: negative, end: $0) }
        case .atomic(let node): try compile(nested: node) { .atomic(end: $0) }
        case .assertion(let instruction): instructions.append(instruction)
        }
    }

    private mutating func compile(alternatives: ArraySlice<PatternNode>) throws {
        guard let first = alternatives.first else { return }
        guard alternatives.count > 1 else { return try compile(first) }
        let branch = reserve()
        try compile(first)
        let jump = reserve()
        instructions[branch] = .branch(first: branch + 1, second: instructions.count)
        try compile(alternatives: alternatives.dropFirst())
        instructions[jump] = .jump(instructions.count)
    }

    private mutating func compile(_ node: PatternNode, _ minimum: Int, _ maximum: Int?, isLazy: Bool) throws {
        guard !node.canBeEmpty else { throw PatternError(message: "a repetition of something that can match nothing") }
        for _ in 0..<minimum { try compile(node) }
        guard let maximum else { return try compileLoop(node, isLazy: isLazy) }
        var branches: [Int] = []
        for _ in minimum..<maximum {
            branches.append(reserve())
            try compile(node)
        }
        for branch in branches { setBranch(branch, body: branch + 1, exit: instructions.count, isLazy: isLazy) }
    }

    private mutating func compileLoop(_ node: PatternNode, isLazy: Bool) throws {
        let branch = reserve()
        try compile(node)
        instructions.append(.jump(branch))
        setBranch(branch, body: branch + 1, exit: instructions.count, isLazy: isLazy)
    }

    private mutating func compile(nested node: PatternNode, _ instruction: (Int) -> PatternInstruction) throws {
        let opening = reserve()
        _ = try compile(alternative: node)
        instructions[opening] = instruction(instructions.count)
    }

    private mutating func setBranch(_ index: Int, body: Int, exit: Int, isLazy: Bool) {
        instructions[index] = isLazy ? .branch(first: exit, second: body) : .branch(first: body, second: exit)
    }

    private mutating func reserve() -> Int {
        instructions.append(.accept)
        return instructions.count - 1
    }

    private mutating func index(of set: ScalarSet) -> Int {
        if let known = sets.firstIndex(of: set) { return known }
        sets.append(set)
        return sets.count - 1
    }
}
