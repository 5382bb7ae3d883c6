import Foundation
import Models
import Training

extension ModelInputs {
    /// A model's settings for generation, which also ends where the template's answers do.
    ///
    /// - Returns: the settings, and notices about them, one line each.
    func generationSettings(folder: URL) throws -> (settings: GenerationSettings, notes: [String]) {
        var (settings, notes) = try GenerationSettings.read(folder: folder)
        guard let mark = dialogue?.template.endMark(endOfText: tokenizer.eosToken ?? "") else {
            return (settings, notes)
        }
        if let id = tokenizer.id(of: mark) {
            settings.endTokens.insert(id)
        } else if !mark.isEmpty {
            settings.stopStrings.append(mark)
        }
        return (settings, notes)
    }

    /// What answers questions with a model.
    ///
    /// - Throws: `ModelError` if the model writes no text.
    func writer(_ model: any VisionLanguageModel, _ settings: GenerationSettings) throws -> AnswerWriter {
        let model = try model.generative
        guard let dialogue else { preconditionFailure("inputs of another model") }
        return try AnswerWriter(
            model, tokenizer: tokenizer, encoder: dialogue.encoder, layout: layout, settings: settings)
    }
}
