import Foundation
import Testing
import Training

@Suite("A conversation template")
struct ConversationTemplateTests {
    private let turns: [ConversationTurn] = [
        .init(.system, "Be brief."), .init(.user, "Où? 😀"), .init(.assistant, "Ici"), .init(.user, "Sûr?"),
        .init(.assistant, "e\u{301} oui"),
    ]

    @Test("vicuna joins its turns with spaces and ends answers with the end of text")
    func vicuna() throws {
        let rendered = try ConversationTemplates.named("vicuna").render(turns, endOfText: "</s>")
        #expect(
            rendered.text
                == "Be brief. USER: Où? 😀 ASSISTANT: Ici</s>USER: Sûr? ASSISTANT: e\u{301} oui</s>")
        #expect(answers(rendered) == ["Ici</s>", "e\u{301} oui</s>"])
    }

    @Test("chatml frames its turns, and learns an answer up to its end mark")
    func chatML() throws {
        let rendered = try ConversationTemplates.named("chatml").render(turns, endOfText: "</s>")
        #expect(
            rendered.text == """
                <|im_start|>system
                Be brief.<|im_end|>
                <|im_start|>user
                Où? 😀<|im_end|>
                <|im_start|>assistant
                Ici<|im_end|>
                <|im_start|>user
                Sûr?<|im_end|>
                <|im_start|>assistant
                e\u{301} oui<|im_end|>

                """)
        #expect(answers(rendered) == ["Ici<|im_end|>", "e\u{301} oui<|im_end|>"])
    }

    @Test("smolvlm names each side, and puts no space between a colon and an image")
    func smolVLM() throws {
        let template = try ConversationTemplates.named("smolvlm")
        let rendered = template.render(turns, endOfText: "</s>")
        #expect(
            rendered.text == """
                System: Be brief.<end_of_utterance>
                User: Où? 😀<end_of_utterance>
                Assistant: Ici<end_of_utterance>
                User: Sûr?<end_of_utterance>
                Assistant: e\u{301} oui<end_of_utterance>

                """)
        #expect(answers(rendered) == ["Ici<end_of_utterance>", "e\u{301} oui<end_of_utterance>"])
        let image = template.render([.init(.user, "<image>What?")], endOfText: "").text
        #expect(image == "User:<image>What?<end_of_utterance>\n")
    }

    @Test("plain puts texts on lines of their own, and ends answers with the end of text")
    func plain() throws {
        let rendered = try ConversationTemplates.named("plain").render(turns, endOfText: "</s>")
        #expect(rendered.text == "Be brief.\nOù? 😀\nIci</s>\nSûr?\ne\u{301} oui</s>\n")
        #expect(answers(rendered) == ["Ici</s>", "e\u{301} oui</s>"])
    }

    @Test("writes a prompt that an answer goes on from", arguments: ConversationTemplates.all.map(\.name))
    func prompt(name: String) throws {
        let template = try ConversationTemplates.named(name)
        let prompt = template.prompt(Array(turns.prefix(2)), endOfText: "</s>")
        let whole = template.render(Array(turns.prefix(3)), endOfText: "</s>").text
        #expect(whole.hasPrefix(prompt))
        #expect(prompt.last != " ")
        #expect(whole.dropFirst(prompt.count).drop { $0 == " " }.hasPrefix("Ici"))
    }

    @Test("that is not known is answered with those that are")
    func unknown() {
        let message = errorMessage { try ConversationTemplates.named("vicunna") }
        #expect(
            message == "there is no conversation template `vicunna`: expected one of auto, chatml, llama-3, gemma,"
                + " llama-2, mistral, mistral-v3, smolvlm, vicuna, plain; did you mean `vicuna`?")
    }

    private func answers(_ rendered: RenderedConversation) -> [String] {
        let scalars = Array(rendered.text.unicodeScalars)
        return rendered.answers.map { String(String.UnicodeScalarView(scalars[$0])) }
    }
}

@Suite("The template of a model's folder")
struct RecognisedTemplateTests {
    private let chatML = "{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}"
    private let vicuna = "{{ message['role'].upper() + ': ' }}{% if add_generation_prompt %}ASSISTANT:{% endif %}"

    @Test("is recognised wherever the folder keeps it")
    func places() throws {
        let files = [
            ("chat_template.jinja", chatML, "chatml"),
            ("chat_template.json", #"{"chat_template": "\#(vicuna)"}"#, "vicuna"),
            ("tokenizer_config.json", #"{"chat_template": "\#(chatML)"}"#, "chatml"),
            (
                "tokenizer_config.json",
                #"{"chat_template": [{"name": "tools", "template": "x"}, {"name": "default", "template": "\#(vicuna)"}]}"#,
                "vicuna"
            ),
        ]
        for (name, text, expected) in files {
            let folder = try TemporaryFolder()
            try folder.write(text, to: name)
            let found = try ConversationTemplates.recognised(inFolder: folder.path)
            #expect(found.template.name == expected)
            #expect(found.file == "\(folder.path)/\(name)")
        }
    }

    @Test("is taken from the file that transformers prefers")
    func preference() throws {
        let folder = try TemporaryFolder()
        try folder.write(chatML, to: "chat_template.jinja")
        try folder.write(#"{"chat_template": "\#(vicuna)"}"#, to: "tokenizer_config.json")
        #expect(try ConversationTemplates.recognised(inFolder: folder.path).template.name == "chatml")
    }

    @Test("tells the default system text that is left out")
    func defaultSystem() throws {
        let folder = try TemporaryFolder()
        let own = "{{ '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}"
        let cases: [(String, String?)] = [
            (own, nil), ("\(own){{ '<|im_start|>system\\nYou are Qwen.<|im_end|>\\n' }}", "You are Qwen."),
            ("<|im_start|>system\nYou are a helpful assistant.\nBe brief.<|im_end|>", "You are a helpful assistant."),
        ]
        for (source, expected) in cases {
            try folder.write(source, to: "chat_template.jinja")
            #expect(try ConversationTemplates.recognised(inFolder: folder.path).omittedSystem == expected)
        }
    }

    @Test("whose marks the tokenizer lacks is told with them")
    func missingMarks() throws {
        let template = try ConversationTemplates.named("llama-3")
        #expect(template.notice { _ in true } == nil)
        let notice = template.notice { $0 != "<|eot_id|>" } ?? ""
        #expect(notice.hasPrefix("the tokenizer has no token <|eot_id|> of the template llama-3"), "\(notice)")
        #expect(notice.contains("data.template"))
        #expect(try ConversationTemplates.named("vicuna").notice { _ in false } == nil)
    }

    @Test("that is missing is an error that says what to set")
    func missing() throws {
        let folder = try TemporaryFolder()
        try folder.write("{}", to: "tokenizer_config.json")
        #expect(
            message(folder) == "DIR: has no chat template (chat_template.jinja, chat_template.json, or `chat_template`"
                + " in tokenizer_config.json): set data.template to one of chatml, llama-3, gemma, llama-2, mistral,"
                + " mistral-v3, smolvlm, vicuna, plain")
    }

    @Test("of a kind that only looks like a known one is not taken for it")
    func lookalikes() throws {
        for source in [
            "{{ bos_token }}[INST] {{ x }} [/INST]", "<|im_start|>{{ role | capitalize }}:{{ x }}<end_of_utterance>",
        ] {
            let folder = try TemporaryFolder()
            try folder.write(source, to: "chat_template.jinja")
            #expect(message(folder)?.contains("an unknown kind of chat template") == true)
        }
    }

    @Test("of an unknown kind is an error that says what to set")
    func unknown() throws {
        let folder = try TemporaryFolder()
        try folder.write("[INST] {{ x }} [/INST]", to: "chat_template.jinja")
        #expect(
            message(folder) == "DIR/chat_template.jinja: an unknown kind of chat template:"
                + " set data.template to one of chatml, llama-3, gemma, llama-2, mistral, mistral-v3, smolvlm, vicuna, plain"
        )
    }

    @Test("in a broken file is an error that names the file")
    func broken() throws {
        let folder = try TemporaryFolder()
        try folder.write("{", to: "tokenizer_config.json")
        #expect(message(folder)?.contains("DIR/tokenizer_config.json:1: not valid JSON: expected a key") == true)
    }

    private func message(_ folder: TemporaryFolder) -> String? {
        errorMessage { try ConversationTemplates.recognised(inFolder: folder.path) }?
            .replacing(folder.path, with: "DIR")
    }
}
