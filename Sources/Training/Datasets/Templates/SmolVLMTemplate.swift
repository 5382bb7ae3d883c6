extension ConversationTemplate {
    /// SmolVLM's and Idefics3's: the name of the role, a colon, the text, `<end_of_utterance>`. No space follows the colon of a
    /// question that begins with an image, and no line break follows an image.
    static let smolVLM = ConversationTemplate(
        name: "smolvlm",
        beginsWithMark: true,
        recognises: { source in
            ["<end_of_utterance>", "capitalize", "Assistant:", "'image'"].allSatisfy(source.contains)
        },
        question: { question in
            let system = question.system.map { "System: \($0)<end_of_utterance>\n" } ?? ""
            let space = imageMarks.contains(where: question.text.hasPrefix) ? "" : " "
            return "\(system)User:\(space)\(question.text)<end_of_utterance>\n"
        },
        opening: "Assistant: ",
        answer: { text, _ in "\(text)<end_of_utterance>" },
        separator: "\n",
        tokens: ["<end_of_utterance>"],
        imagePlaces: { turn in
            turn.text.replacing("\(Conversation.imageMarker)\n", with: Conversation.imageMarker)
        })

    /// How an image begins: in an example, and in the text that its family makes of it.
    private static let imageMarks = [Conversation.imageMarker, "<fake_token_around_image>"]
}
