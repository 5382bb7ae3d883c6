import Foundation
import Models

/// A file of conversations of which every row is known to be good, and the folder that its pictures are in.
public struct ConversationDataset: Sendable {
    /// The conversations.
    public let file: ConversationFile
    /// The folder that picture paths are relative to.
    public let imageFolder: String

    /// Opens a dataset and validates every row of it: form, turn order, markers, and that each picture is
    /// there with a header that can be read (its contents are decoded when they are needed).
    ///
    /// - Parameters:
    ///   - path: A JSON array or JSON Lines file in LLaVA's format.
    ///   - imageFolder: The folder that picture paths are relative to.
    /// - Throws: `TrainingError` that lists the rows that cannot be used, the first 20 with their reasons.
    public init(path: String, imageFolder: String) throws {
        file = try ConversationFile(path: path)
        self.imageFolder = imageFolder
        let problems = Self.problems(in: file, imageFolder: imageFolder)
        guard problems.isEmpty else { throw TrainingError.rows(problems, of: path, rowCount: file.count) }
    }

    /// How many rows there are.
    public var count: Int { file.count }

    /// Decodes one row; its pictures' paths lead into the image folder.
    public func conversation(at row: Int) throws -> Conversation {
        let found = try file.conversation(at: row)
        let images = found.images.map { Self.path(ofImage: $0, in: imageFolder) }
        return Conversation(row: row, id: found.id, person: found.person, images: images, turns: found.turns)
    }

    private static func path(ofImage image: String, in folder: String) -> String {
        image.hasPrefix("/") ? image : "\(folder)/\(image)"
    }

    private static func problems(in file: ConversationFile, imageFolder: String) -> [RowProblem] {
        let found = RowChunks(count: file.count).map { rows in
            var pictures = KnownPictures(folder: imageFolder)
            return rows.compactMap { row -> RowProblem? in
                do {
                    let conversation = try file.conversation(at: row)
                    let reason =
                        ConversationRules.reason(against: conversation) ?? pictures.reason(against: conversation)
                    return reason.map { file.problem(row, $0, id: conversation.id) }
                } catch {
                    return error as? RowProblem
                }
            }
        }
        return found.flatMap(\.self)
    }

    /// Looks at each picture once: that it is there, and what its header says.
    private struct KnownPictures {
        let folder: String
        private var known: Set<String> = []

        init(folder: String) { self.folder = folder }

        mutating func reason(against conversation: Conversation) -> String? {
            for image in conversation.images where !known.contains(image) {
                let path = ConversationDataset.path(ofImage: image, in: folder)
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                    return "the image \(path) does not exist"
                }
                do {
                    _ = try RGBImage.size(of: URL(filePath: path))
                } catch {
                    return "the image cannot be used: \(error)"
                }
                known.insert(image)
            }
            return nil
        }
    }
}
