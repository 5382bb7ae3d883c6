import Foundation
import Models

/// Pictures in a folder for each class, whose name is the answer. Rows are ordered by class and file name.
struct ClassFolderRows: DatasetRows {
    static let defaultQuestion = "What does the picture show?"

    let path: String
    private let question: String
    private let classes: [String]
    /// For each class the number of rows up to its last.
    private let ends: [Int]
    private let names: PackedNames
    private let otherCount: Int

    /// Lists the pictures.
    ///
    /// - Parameter question: What each picture is asked for.
    /// - Throws: `TrainingError` where there are none, or a folder cannot be read.
    init(path: String, question: String) throws {
        self.path = path
        self.question = question
        var (classes, ends, names, others) = ([String](), [Int](), PackedNames(), 0)
        for name in try FolderEntries.visible(in: path) where FolderEntries.isFolder("\(path)/\(name)") {
            let files = try FolderEntries.visible(in: "\(path)/\(name)")
            let pictures = files.filter(PictureName.isOne)
            others += files.count - pictures.count
            pictures.forEach { names.append($0) }
            classes.append(name)
            ends.append(names.count)
        }
        guard names.count > 0 else {
            throw TrainingError(
                .invalidDataset, "\(path): holds no pictures: expected a folder of pictures for each class")
        }
        (self.classes, self.ends, self.names, otherCount) = (classes, ends, names, others)
    }

    var count: Int { names.count }

    var remark: String? {
        "\(classes.count) classes, asked \(question.debugDescription)"
            + (otherCount > 0 ? ", \(otherCount) files that are not pictures left out" : "")
    }

    func place(ofRow row: Int) -> RowPlace { RowPlace(file: "\(className(ofRow: row))/\(names[row])") }

    func fields(ofRow row: Int) -> JSONValue {
        .object([.init("file_name", .string(names[row])), .init("class", .string(className(ofRow: row)))])
    }

    func conversation(at row: Int) -> Conversation {
        let name = className(ofRow: row)
        return Conversation(
            row: row, id: nil, images: [Picture(file: "\(path)/\(name)/\(names[row])")], question: question,
            answer: name)
    }

    /// The class that a row belongs to, by bisection.
    private func className(ofRow row: Int) -> String {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > row { high = middle } else { low = middle + 1 }
        }
        return classes[low]
    }
}
