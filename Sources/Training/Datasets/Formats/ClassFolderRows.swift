import Foundation
import Models

/// Images in a folder for each class, whose name is the answer. Examples are ordered by class and file name.
struct ClassFolderRows: DatasetRows {
    static let defaultQuestion = "What does the picture show?"

    let path: String
    /// The folders' names.
    let classes: [String]
    private let question: String
    /// For each class the number of examples up to its last.
    private let ends: [Int]
    private let names: PackedNames
    private let others: Others

    /// What is beside the images and is left out.
    private struct Others: Sendable {
        /// Files in a class's folder that are not images.
        var files = 0
        /// Images beside the classes' folders.
        var picturesOfNoClass = 0
        /// Folders in a class's folder.
        var folders = 0

        var texts: [String] {
            [
                (picturesOfNoClass, "images outside the class folders"), (folders, "folders within classes"),
                (files, "files that are not images"),
            ]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1) skipped" }
        }
    }

    /// Lists the images.
    ///
    /// - Parameter question: What each image is asked for.
    /// - Throws: `TrainingError` if there are none, a folder cannot be read, or one is a dataset of captions.
    init(path: String, question: String) throws {
        self.path = path
        self.question = question
        var (classes, ends, names, others) = ([String](), [Int](), PackedNames(), Others())
        for name in try FolderEntries.visible(in: path) {
            guard FolderEntries.isFolder("\(path)/\(name)") else {
                if PictureName.isOne(name) { others.picturesOfNoClass += 1 }
                continue
            }
            try Self.pictures(in: "\(path)/\(name)", &others).forEach { names.append($0) }
            classes.append(name)
            ends.append(names.count)
        }
        guard names.count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): contains no images: expected a folder of images for each class")
        }
        (self.classes, self.ends, self.names, self.others) = (classes, ends, names, others)
    }

    /// The names of a class's images.
    private static func pictures(in folder: String, _ others: inout Others) throws -> [String] {
        let names = try FolderEntries.visible(in: folder)
        if let table = CaptionRows.tableNames.first(where: names.contains) {
            throw TrainingError(
                .invalidDataset,
                "\(folder): contains \(table), so it is a dataset of captions and not a class: give it as the dataset")
        }
        let pictures = names.filter(PictureName.isOne)
        let folders = names.count { !PictureName.isOne($0) && FolderEntries.isFolder("\(folder)/\($0)") }
        others.folders += folders
        others.files += names.count - pictures.count - folders
        return pictures
    }

    var count: Int { names.count }

    var remark: String? {
        (["\(classes.count) classes", "question \(question.debugDescription)"] + leftOut).joined(separator: ", ")
    }

    /// What is left out, and which classes have no images.
    var leftOut: [String] {
        let empty = classes.indices.filter { ends[$0] == ($0 == 0 ? 0 : ends[$0 - 1]) }.map { classes[$0] }
        let shown = empty.prefix(5).joined(separator: ", ") + (empty.count > 5 ? ", …" : "")
        return others.texts + (empty.isEmpty ? [] : ["\(empty.count) classes without images (\(shown))"])
    }

    func place(ofRow row: Int) -> RowPlace { RowPlace(file: "\(className(ofRow: row))/\(names[row])") }

    func fields(ofRow row: Int) -> JSONValue {
        .object([.init("file_name", .string(names[row])), .init("class", .string(className(ofRow: row)))])
    }

    func conversation(at row: Int) -> Conversation {
        Conversation(
            row: row, id: nil, images: [picture(ofRow: row)], question: question, answer: className(ofRow: row))
    }

    /// An example's image.
    func picture(ofRow row: Int) -> Picture { Picture(file: "\(path)/\(className(ofRow: row))/\(names[row])") }

    /// The class that an example belongs to, by bisection.
    func className(ofRow row: Int) -> String {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > row { high = middle } else { low = middle + 1 }
        }
        return classes[low]
    }
}
