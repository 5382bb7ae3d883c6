import Foundation
import Models
import Training

extension ModelInputs {
    /// A model's settings for generation, which also ends where the template's answers do.
    ///
    /// - Returns: the settings, and what there is to say about them, a line each.
    func generationSettings(folder: URL) throws -> (settings: GenerationSettings, notes: [String]) {
        var (settings, notes) = try GenerationSettings.read(folder: folder)
        let mark = template.endMark(endOfText: tokenizer.eosToken ?? "")
        if let id = tokenizer.id(of: mark) {
            settings.endTokens.insert(id)
        } else if !mark.isEmpty {
            settings.stopStrings.append(mark)
        }
        return (settings, notes)
    }

    /// What answers questions with a model.
    ///
    /// - Throws: `CommandError` where the model writes no text.
    func writer(_ model: any VisionLanguageModel, _ settings: GenerationSettings) throws -> AnswerWriter {
        guard let model = model as? any GenerativeModel else {
            throw CommandError("this model does not write text: generation takes a model with a decoder, such as llava")
        }
        return try AnswerWriter(
            model, tokenizer: tokenizer, encoder: encoder, processor: processor, settings: settings)
    }
}
