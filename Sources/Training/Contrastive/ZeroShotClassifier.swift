public import Models
public import Tensors

/// Classifies an image by the class description that it is nearest to (CLIP, arXiv:2103.00020, section 3.1).
public struct ZeroShotClassifier: Sendable {
    /// The placeholder for a class name in a prompt.
    public static let placeholder = "{}"

    /// The classes' names.
    public let classes: [String]
    private let directions: Tensor

    /// Embeds every class with every prompt; a class is the mean direction of its prompts.
    ///
    /// - Parameters:
    ///   - classes: names, at least one.
    ///   - prompts: texts with `{}` for the name, at least one.
    ///   - model: a contrastive model.
    ///   - encoder: encodes text for it.
    ///   - lanes: the compute threads.
    /// - Throws: `TrainingError` naming a prompt or class that cannot be used.
    public init(
        classes: [String], prompts: [String], model: any ContrastiveModel, encoder: CaptionEncoder, lanes: Lanes
    ) throws {
        try Self.check(classes, prompts)
        self.classes = classes
        let texts = try classes.map { name in
            try prompts.map { try Self.tokens($0.replacing(Self.placeholder, with: name), model, encoder) }
        }
        let rows = Locked<[Tensor?]>(Array(repeating: nil, count: classes.count))
        try lanes.forEach(classes.count) { index in
            let own = texts[index]
            let boundaries = own.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
            let embeddings = Tensor.withoutGraph { model.textEmbeddings(own.flatMap(\.self), boundaries: boundaries) }
            rows.withLock { $0[index] = embeddings.meanRow }
        }
        let all = rows.withLock { $0.compactMap(\.self) }
        directions = Tensor(all.flatMap(\.values), shape: [all.count, all.first?.columns ?? 0]).normalizedRows()
    }

    /// For each row of the image embeddings [n, d], the place of its class among all classes by nearness, from 0.
    public func ranks(of pictures: Tensor, labels: [Int]) -> [Int] {
        Similarities(queries: pictures, keys: directions).ranks(of: labels.map { [$0] })
    }

    private static func check(_ classes: [String], _ prompts: [String]) throws {
        guard !classes.isEmpty, !prompts.isEmpty else {
            throw TrainingError(.invalidConfiguration, "zero-shot classification needs classes and prompts")
        }
        if let prompt = prompts.first(where: { !$0.contains(placeholder) }) {
            throw TrainingError(
                .invalidConfiguration, "the prompt \"\(prompt)\" has no \(placeholder) for the class name")
        }
        var seen: Set<String> = []
        if let twice = classes.first(where: { !seen.insert($0).inserted }) {
            throw TrainingError(.invalidConfiguration, "the class \"\(twice)\" is given twice")
        }
    }

    private static func tokens(
        _ text: String, _ model: any ContrastiveModel, _ encoder: CaptionEncoder
    ) throws -> [Int32] {
        do {
            let tokens = try encoder.tokens(of: text)
            guard tokens.count <= model.maximumTextLength else {
                throw RowProblem.Reason(
                    "has \(tokens.count) tokens, more than the \(model.maximumTextLength) that the model allows")
            }
            return tokens
        } catch let reason as RowProblem.Reason {
            throw TrainingError(.invalidConfiguration, "the prompt \"\(text)\" \(reason.text)")
        }
    }
}

extension Tensor {
    /// The mean of the rows: [1, n].
    fileprivate var meanRow: Tensor {
        let (values, n) = (values, columns)
        let sums = (0..<n).map { column in
            (0..<rows).reduce(Float(0)) { $0 + values[$1 * n + column] } / Float(rows)
        }
        return Tensor(sums, shape: [1, n])
    }
}
