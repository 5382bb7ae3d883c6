/// The points of a commit at which a process may die; tests stop there.
enum CommitStage: Sendable, CaseIterable {
    case beforeFiles
    case afterFile
    case beforeTransaction
    case beforeCommit
    case afterCommit
    case afterPruning
}
