import Foundation
import Models
import Tensors

/// The chat template that a model's folder comes with, wherever it keeps it.
public struct ChatTemplateFile: Equatable, Sendable {
    /// The file's path.
    public let path: String
    /// The Jinja source.
    public let source: String

    /// Finds the chat template of a model's folder, in the same order as transformers.
    ///
    /// - Throws: `TrainingError` if a file exists but cannot be read.
    public static func find(inFolder folder: String) throws -> ChatTemplateFile? {
        if let data = FileManager.default.contents(atPath: "\(folder)/chat_template.jinja") {
            guard !GitLFSPointer.isOne(data) else {
                throw TrainingError(.corruptFile, "\(folder)/chat_template.jinja \(GitLFSPointer.message)")
            }
            return ChatTemplateFile(
                path: "\(folder)/chat_template.jinja", source: String(decoding: data, as: UTF8.self))
        }
        for name in ["chat_template.json", "tokenizer_config.json"] {
            let path = "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            if let source = try source(inJSON: data, path: path) { return ChatTemplateFile(path: path, source: source) }
        }
        return nil
    }

    /// The key `chat_template`: one template, or a list of named ones of which `default` counts.
    private static func source(inJSON data: Data, path: String) throws -> String? {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: data, file: path)
        } catch {
            throw TrainingError(.invalidConfiguration, "the chat template cannot be read", cause: error)
        }
        let template = value["chat_template"]
        let named = template?.arrayValue?.first { $0["name"]?.stringValue == "default" } ?? template?[0]
        return template?.stringValue ?? named?["template"]?.stringValue
    }
}

extension ConversationTemplates {
    /// A template that fits a folder's chat template.
    public struct Recognised: Sendable {
        /// The template.
        public let template: ConversationTemplate
        /// Where the folder's was found.
        public let file: String
        /// The first line of the folder's default system text, if any, which lorad omits.
        public let omittedSystem: String?
    }

    /// The template that matches the chat template of a model's folder, and the file of that template.
    ///
    /// - Parameter names: the setting's names in messages.
    /// - Throws: `TrainingError` if the folder has no chat template or one of an unknown kind.
    public static func recognised(
        inFolder folder: String, names: SettingNames = .runFile
    ) throws -> Recognised {
        let choice = "\(names.chooseTemplate) one of \(all.map(\.name).joined(separator: ", "))"
        guard let file = try ChatTemplateFile.find(inFolder: folder) else {
            throw TrainingError(
                .unsupported,
                "\(folder): has no chat template (chat_template.jinja, chat_template.json, or `chat_template` in"
                    + " tokenizer_config.json): \(choice)")
        }
        guard let kind = all.first(where: { $0.recognises(file.source) }) else {
            throw TrainingError(.unsupported, "\(file.path): an unknown kind of chat template: \(choice)")
        }
        let template = kind.variant?(file.source) ?? kind
        return Recognised(
            template: template, file: file.path, omittedSystem: template.defaultSystem(in: file.source))
    }
}
