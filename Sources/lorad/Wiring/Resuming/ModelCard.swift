import Foundation
import Tensors
import Training

/// The `README.md` of an adapter folder, which tells people what the adapter was made with.
///
/// lorad writes it for runs alone that were resumed with other settings, and of a file that is there it changes only its own
/// section.
enum ModelCard {
    private static let file = "README.md"
    private static let start = "<!-- lorad: changed settings -->"
    private static let end = "<!-- /lorad -->"

    /// Writes the section, or removes it where nothing was changed.
    ///
    /// - Throws: `TensorError` if the file cannot be written, `CommandError` if it is not UTF-8.
    static func write(_ resumptions: [TrainingRecord.Resumption], base: String?, to folder: URL) throws {
        let path = folder.appending(path: file).path
        let found = try FileManager.default.contents(atPath: path).map { data in
            guard let text = String(validating: data, as: UTF8.self) else {
                throw CommandError("\(path): is not UTF-8: save it with that encoding, or move it away")
            }
            return text
        }
        let rest = found.map(withoutSection)
        guard !resumptions.isEmpty else {
            guard let found, let rest, rest != found else { return }
            return try isOwn(rest)
                ? FileManager.default.removeItem(atPath: path) : AtomicFile.write(rest, to: path)
        }
        try AtomicFile.write((rest ?? header(base)) + section(resumptions), to: path)
    }

    /// What PEFT's own card begins with.
    private static func header(_ base: String?) -> String {
        let model = base.map { "base_model: \($0.debugDescription)\n" } ?? ""
        return "---\n\(model)library_name: peft\ntags:\n- lora\n- lorad\n---\n\n# LoRA adapter\n"
    }

    /// Whether nothing but the header is left.
    private static func isOwn(_ text: String) -> Bool { text.hasPrefix("---\n") && text.hasSuffix("# LoRA adapter\n") }

    private static func section(_ resumptions: [TrainingRecord.Resumption]) -> String {
        let rows = resumptions.flatMap { resumption in
            resumption.changes.map { change in
                let cells = [change.name, change.was, change.is].map { "`\(cell($0))`" }
                return "| \(resumption.step) | \(cells.joined(separator: " | ")) |\n"
            }
        }
        return "\n\(start)\n## Settings that changed during training\n"
            + "The run was resumed with other settings than it was started with.\n\n"
            + "| after step | setting | was | is |\n|---|---|---|---|\n\(rows.joined())\(end)\n"
    }

    /// Text that fits a cell of a Markdown table.
    private static func cell(_ text: String) -> String {
        text.map { $0 == "|" ? "\\|" : $0 == "`" ? "'" : $0.isNewline ? " " : String($0) }.joined()
    }

    private static func withoutSection(_ text: String) -> String {
        guard let first = text.range(of: "\n\(start)\n"),
            let last = text.range(of: "\(end)\n", range: first.upperBound..<text.endIndex)
        else { return text }
        return String(text[..<first.lowerBound] + text[last.upperBound...])
    }
}
