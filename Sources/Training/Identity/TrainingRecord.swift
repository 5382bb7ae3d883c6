public import Foundation
import Tensors

/// Everything that the result of a run depends on: the settings that shape it and digests of model and data, by
/// run-file key.
///
/// Each checkpoint has one, so a run resumes only with what the checkpoint was made with.
public struct TrainingRecord: Codable, Sendable {
    /// One thing that the result follows from.
    public struct Setting: Codable, Equatable, Sendable {
        /// The run-file key that decides it, such as `training.seed`.
        public let key: String
        /// The part of what the key names; `nil` for the value of the key itself.
        public let aspect: String?
        /// The value as text, or a digest.
        public let value: String

        /// A part of what a key names.
        public init(_ key: String, _ aspect: String?, _ value: String) {
            (self.key, self.aspect, self.value) = (key, aspect, value)
        }

        /// The value of a key.
        public init(_ key: String, _ value: String) { self.init(key, nil, value) }
    }

    /// A setting that a run was resumed with although the checkpoint was made with another.
    public struct Change: Codable, Equatable, Sendable {
        /// The run-file key.
        public let key: String
        /// The part of what the key names.
        public let aspect: String?
        /// The value until then.
        public let was: String
        /// The value from then on.
        public let `is`: String

        /// The key with the aspect: `data.train (rows)`.
        public var name: String { aspect.map { "\(key) (\($0))" } ?? key }

        /// Creates a change of a setting from an earlier value.
        public init(of setting: Setting, from was: String) {
            (key, aspect, self.was, `is`) = (setting.key, setting.aspect, was, setting.value)
        }
    }

    /// The changes that a run was resumed with.
    public struct Resumption: Codable, Equatable, Sendable {
        /// Steps taken before.
        public let step: Int
        /// What changed.
        public let changes: [Change]

        /// Creates a resumption.
        public init(step: Int, changes: [Change]) {
            self.step = step
            self.changes = changes
        }
    }

    private static let currentVersion = 1

    private let version: Int
    /// What the result follows from now.
    public let settings: [Setting]
    /// The changes since the run began, in their order.
    public var resumptions: [Resumption]

    /// A record of a run that begins.
    public init(_ settings: [Setting]) {
        version = Self.currentVersion
        self.settings = settings
        resumptions = []
    }

    /// What differs from an earlier record. Settings that only one of the two has are not compared: they had, or have, no
    /// effect.
    public func changes(since earlier: TrainingRecord) -> [Change] {
        settings.compactMap { setting in
            let old = earlier.settings.first { $0.key == setting.key && $0.aspect == setting.aspect }
            return old.flatMap { $0.value == setting.value ? nil : Change(of: setting, from: $0.value) }
        }
    }
}

extension TrainingRecord {
    /// The record's file in a checkpoint.
    static let file = "training_record.json"

    /// Writes the record into the folder of a checkpoint.
    ///
    /// - Throws: `TensorError.writeFailed`.
    func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: folder.appending(path: Self.file).path)
    }

    /// Reads the record of a checkpoint; `nil` if an earlier release saved it without one.
    ///
    /// - Throws: `TrainingError` if the file is damaged, or of a later release.
    public init?(checkpoint: URL) throws {
        let path = checkpoint.appending(path: Self.file)
        do {
            guard let data = try BoundedFile.readIfPresent(path.path) else { return nil }
            self = try JSONDecoder().decode(TrainingRecord.self, from: data)
        } catch {
            throw TrainingError(
                .corruptFile, "\(path.path): cannot be read; resume from an older checkpoint", cause: error)
        }
        guard version <= Self.currentVersion else {
            throw TrainingError(
                .unsupported,
                "\(path.path): has version \(version), but this release reads \(Self.currentVersion): resume with "
                    + "the release that saved it"
            )
        }
    }
}

extension TrainingRecord.Change: CustomStringConvertible {
    /// `training.seed was 42, is 7`.
    public var description: String { "\(name) was \(was), is \(`is`)" }
}
