public import Foundation

/// A run, as the store keeps it.
public struct RunRecord: Sendable, Equatable {
    /// How far a run is.
    public enum State: String, Sendable, CaseIterable {
        /// Nothing has been done yet: the run may still begin with another configuration.
        case created
        case running, stopped, finished, failed
    }

    /// Its name, which also names its folder.
    public var name: String
    /// When it was begun.
    public var created: Date
    /// `distributed` or `federated`.
    public var mode: String
    /// The run file as resolved.
    public var configuration: String
    /// How far it is.
    public var state: State
}
