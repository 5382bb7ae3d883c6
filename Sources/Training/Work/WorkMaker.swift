/// Makes a coordinator's examples into work that travels.
public struct WorkMaker: Sendable {
    private let rows: any EncodedRows
    private let catalogue: PictureCatalogue

    /// Creates a maker.
    ///
    /// - Parameters:
    ///   - rows: the run's examples.
    ///   - catalogue: the identifiers of their images.
    public init(_ rows: any EncodedRows, catalogue: PictureCatalogue) {
        self.rows = rows
        self.catalogue = catalogue
    }

    /// The work of one node of a step.
    ///
    /// - Parameter seed: the run's seed.
    /// - Throws: `TrainingError.invalidWork` if the step's tree lacks the node; what is wrong with an example; what the
    ///   catalogue throws.
    public func work(of node: TreeNode, in plan: StepPlan, seed: Int) throws -> StepWork {
        let share = try plan.share(of: node, seed: seed)
        let travelling = StepShare(
            step: share.step, seed: share.seed, supervisedTokens: share.supervisedTokens,
            microBatchCount: share.microBatchCount, node: share.node,
            microBatches: StepWork.consecutive(share.microBatches.map(\.count)))
        return StepWork(share: travelling, rows: WorkRows(try share.microBatches.joined().map(example)))
    }

    /// The work of a stretch of local steps.
    ///
    /// - Parameter steps: the examples of each step.
    /// - Throws: what is wrong with an example; what the catalogue throws.
    public func work(ofStretch steps: [[Int]]) throws -> StretchWork {
        let needed = Set(steps.joined()).sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(needed, needed.indices))
        return StretchWork(
            steps: steps.map { $0.compactMap { places[$0] } }, rows: WorkRows(try needed.map(example)))
    }

    /// The images of some examples, each once, which a worker should fetch in advance.
    ///
    /// - Throws: what is wrong with an example; what the catalogue throws.
    public func pictures(of rows: [Int]) throws -> [PictureID] { WorkRows(try rows.map(example)).pictures }

    private func example(at row: Int) throws -> WorkExample {
        let example = try rows.example(at: row)
        let pictures = try example.images.map { try catalogue.identifier(of: $0) }
        return WorkExample(ids: example.ids, labels: example.labels, pictures: pictures)
    }
}
