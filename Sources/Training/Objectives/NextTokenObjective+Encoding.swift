import Foundation
public import Models

extension NextTokenObjective {
    /// Conversations, written by the chat template.
    public func encoding(
        _ folder: ModelFolder, tokenizer: Tokenizer, layout: any ImageLayout, template name: String,
        names: SettingNames
    ) throws -> RowEncoding {
        let (template, notice) = try Self.template(name, folder, names)
        let encoder = try encoder(tokenizer, template, layout, folder)
        return RowEncoding(
            encoder: encoder, dialogue: .init(template: template, encoder: encoder),
            notices: [notice, Self.warning(template, tokenizer, names)].compactMap(\.self))
    }

    private static func template(
        _ name: String, _ folder: ModelFolder, _ names: SettingNames
    ) throws -> (ConversationTemplate, notice: String) {
        if name == ConversationTemplates.automatic {
            let found = try ConversationTemplates.recognised(inFolder: folder.url.path, names: names)
            let omitted = found.omittedSystem.map {
                "; its default system text (\"\($0.prefix(60))\"…) is omitted: give examples a system turn to have one"
            }
            return (found.template, "template \(found.template.name) (recognised in \(found.file))\(omitted ?? "")")
        }
        let template = try ConversationTemplates.named(name)
        return (template, "template \(template.name)")
    }

    /// What to say if the tokenizer cuts marks of a template into pieces.
    private static func warning(
        _ template: ConversationTemplate, _ tokenizer: Tokenizer, _ names: SettingNames
    ) -> String? {
        template.notice(names: names) { mark in
            guard let id = tokenizer.id(of: mark) else { return false }
            return tokenizer.encode(mark, addSpecialTokens: false).ids == [id]
        }
    }

    private func encoder(
        _ tokenizer: Tokenizer, _ template: ConversationTemplate, _ layout: any ImageLayout, _ folder: ModelFolder
    ) throws -> ExampleEncoder {
        guard let token = tokenizer.token(of: generative.imageToken) else {
            throw ModelError(
                .invalidConfiguration,
                "\(folder.url.path): the image token \(generative.imageToken) of config.json is not in tokenizer.json; "
                    + "both must come from the same model")
        }
        return ExampleEncoder(
            tokenizer: tokenizer, template: template,
            marks: TextMarks(beginningOfText: tokenizer.bosToken ?? "", endOfText: tokenizer.eosToken ?? ""),
            image: ImagePlaceholder(token: token, id: generative.imageToken, layout: layout),
            vocabularySize: generative.vocabularySize)
    }
}
