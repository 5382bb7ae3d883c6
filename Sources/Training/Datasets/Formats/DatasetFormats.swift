import Foundation
import Models

/// The formats that there are; the first that recognises a dataset is taken for it.
enum DatasetFormats {
    /// How one format is recognised and opened.
    struct Entry: Sendable {
        let format: DataFormat
        let recognises: @Sendable (DatasetProbe) -> Bool
        let open: @Sendable (DatasetOptions) throws -> any DatasetRows
    }

    static let all: [Entry] =
        [
            Entry(format: .webDataset, recognises: { $0.hasArchives }) { try WebDatasetRows($0) },
            Entry(format: .imageCaption, recognises: { $0.hasCaptions }) {
                try CaptionRows(
                    path: $0.path, question: $0.prompt ?? CaptionRows.defaultQuestion, columns: $0.columns,
                    separator: $0.separator)
            },
            Entry(format: .classFolders, recognises: { $0.hasClasses }) {
                try ColumnCheck.refuse($0.columns, path: $0.path, "folders of images")
                return try ClassFolderRows(path: $0.path, question: $0.prompt ?? ClassFolderRows.defaultQuestion)
            },
        ] + RowForms.all.map(rows)

    private static let prompted: [DataFormat] = [.imageCaption, .openCLIP, .classFolders, .webDataset]

    /// Whether images of a format may be asked `data.prompt`.
    static func asksPrompt(_ format: DataFormat) -> Bool { prompted.contains(format) }

    /// Those that are, for messages.
    static var asking: String {
        prompted.dropLast().map(\.rawValue).joined(separator: ", ") + " and " + (prompted.last?.rawValue ?? "")
    }

    private static func rows(_ form: RowForm) -> Entry {
        Entry(format: form.format, recognises: { $0.hasRows && $0.forms.first?.format == form.format }) {
            try RowFile.open($0, as: form.format)
        }
    }

    /// Opens a dataset in the format that is asked for, or that it turns out to have.
    ///
    /// - Throws: `TrainingError` if it cannot be read, is of no known format, or does not tell which it is of.
    static func open(_ options: DatasetOptions) throws -> (rows: any DatasetRows, format: DataFormat) {
        let probe = try options.format == .automatic ? DatasetProbe(options) : nil
        if let probe, probe.hasRows, probe.forms.count > 1 {
            throw TrainingError(
                .invalidDataset, "\(options.path): its first example \(RowForms.ambiguity(probe.forms))")
        }
        let found = all.first { entry in probe.map(entry.recognises) ?? (entry.format == options.format) }
        guard let found else { throw unknown(options, probe) }
        guard options.classes == nil || found.format == .webDataset else {
            throw TrainingError(
                .invalidDataset,
                "\(options.path): data.classes names the classes of `.cls` members in tar archives, but this is "
                    + "\(found.format.rawValue): remove it"
            )
        }
        return (try found.open(options), found.format)
    }

    private static func unknown(_ options: DatasetOptions, _ probe: DatasetProbe?) -> TrainingError {
        let unread = probe?.unread.map { "; \($0) is not read: \(PackedFile.advice(for: $0))" } ?? ""
        return TrainingError(
            .unsupported,
            "\(options.path): a dataset of an unknown format: expected JSON or Parquet, a metadata.jsonl or "
                + "metadata.csv with `file_name`, a folder of images for each class, or tar archives; "
                + "\(options.names.chooseFormat) to choose the format\(unread)\(inside(options.path))"
        )
    }

    /// What to say about a folder whose files are in folders of its own, as those of a repository on the Hub do.
    private static func inside(_ path: String) -> String {
        guard FolderEntries.isFolder(path), let names = try? FolderEntries.visible(in: path) else { return "" }
        let folders = names.map { "\(path)/\($0)" }.filter { folder in
            let files = FolderEntries.isFolder(folder) ? (try? FolderEntries.visible(in: folder)) ?? [] : []
            return files.contains { file in
                [".parquet", ".tar", ".jsonl", ".json", ".csv"].contains(where: file.hasSuffix)
            }
        }
        guard !folders.isEmpty else { return "" }
        return "; there are files in \(folders.prefix(5).joined(separator: ", ")): name the folder or the files to read"
    }
}
