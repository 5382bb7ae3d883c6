import Foundation
import Models

/// Pictures of which the class is known: what zero-shot classification is measured on.
public struct LabelledPictures: Sendable {
    /// A picture and its class.
    public struct Entry: Equatable, Sendable {
        /// The picture's path.
        public let path: String
        /// The place of its class among the classes.
        public let label: Int
    }

    /// The classes' names.
    public let classes: [String]
    /// The pictures.
    public let entries: [Entry]

    /// Reads a file of classes: a name a line, in the order of their numbers; empty lines are left out.
    ///
    /// - Throws: `TrainingError` where the file cannot be read or names nothing.
    public static func classes(inFile path: String) throws -> [String] {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else {
            throw TrainingError(.fileNotFound, "\(path): no such file, or it is not UTF-8: a class a line is expected")
        }
        let names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        guard !names.isEmpty else {
            throw TrainingError(.invalidDataset, "\(path): names no class: one a line is expected")
        }
        return names
    }

    /// Pictures in folders that are named as the classes are.
    ///
    /// - Parameter classes: names; nil takes those of all folders, sorted.
    /// - Throws: `TrainingError` where the folder holds no such folders, or they hold no pictures.
    public init(folder: String, classes: [String]? = nil) throws {
        let found = try Self.contents(folder).filter { Self.isFolder("\(folder)/\($0)") }
        let names = classes ?? found
        self.classes = names
        if let missing = names.first(where: { !found.contains($0) }) {
            throw TrainingError(
                .invalidDataset,
                "\(folder): has no folder \(missing), which is a class; its folders: "
                    + found.prefix(20).joined(separator: ", "))
        }
        entries = try names.enumerated().flatMap { label, name in
            try Self.contents("\(folder)/\(name)").filter(Self.isPicture)
                .map { Entry(path: "\(folder)/\(name)/\($0)", label: label) }
        }
        guard !entries.isEmpty else {
            throw TrainingError(
                .invalidDataset, "\(folder): expected folders named as the classes, with pictures in them")
        }
    }

    /// Pictures of the rows of a JSON array or JSON Lines file, each with an `image` and its class under a key.
    ///
    /// - Parameters:
    ///   - file: the rows.
    ///   - key: where a row says its class: by name, or by number from 0.
    ///   - imageFolder: the folder that picture paths are relative to.
    ///   - classes: the classes' names.
    /// - Throws: `TrainingError` that lists the rows that cannot be used.
    public init(file: String, key: String, imageFolder: String, classes: [String]) throws {
        let rows = try ConversationFile(path: file)
        self.classes = classes
        let places = Dictionary(classes.enumerated().map { ($1, $0) }) { first, _ in first }
        var problems: [RowProblem] = []
        entries = (0..<rows.count).compactMap { row in
            do {
                return try Self.entry(rows, row, key, imageFolder, places)
            } catch {
                problems.append(error as? RowProblem ?? rows.problem(row, RowProblem.reason(for: error)))
                return nil
            }
        }
        guard problems.isEmpty else { throw TrainingError.rows(problems, of: file, rowCount: rows.count) }
    }

    private static func entry(
        _ rows: ConversationFile, _ row: Int, _ key: String, _ folder: String, _ places: [String: Int]
    ) throws -> Entry {
        let object = try rows.fields(ofRow: row)
        guard let image = object["image"]?.stringValue else { throw RowProblem.Reason("has no path at `image`") }
        guard let value = object[key], let label = value.stringValue.map({ places[$0] }) ?? value.intValue,
            (0..<places.count).contains(label)
        else {
            let found = object[key].map { "`\($0)`" } ?? "nothing"
            throw RowProblem.Reason("has \(found) at `\(key)`: expected a class's name, or its number from 0")
        }
        let path = image.hasPrefix("/") ? image : "\(folder)/\(image)"
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw RowProblem.Reason("the image \(path) does not exist")
        }
        return Entry(path: path, label: label)
    }

    private static func contents(_ folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
        } catch {
            throw TrainingError(.fileNotFound, "\(folder): cannot be read", cause: error)
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func isPicture(_ name: String) -> Bool {
        [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
    }
}
