extension ConversationTemplate {
    /// Mistral-7B-Instruct's of v0.1 and v0.2: ` [INST] {question} [/INST] {answer}{end of text}`, without a space before the
    /// first mark where the folder's template has none.
    static let mistral = mistral("mistral", MistralFrame())

    /// Mistral-7B-Instruct-v0.3's: `[INST] {question}[/INST] {answer}{end of text}`.
    static let mistral3 = mistral(
        "mistral-v3",
        MistralFrame(before: "[INST] ", after: "[/INST]", lead: " ", trims: true, gap: "", systemIsLast: true))

    private static func mistral(_ name: String, _ frame: MistralFrame) -> ConversationTemplate {
        var template = framed(name, frame)
        template.variant = { source in
            MistralFrame(chatTemplate: source).map { framed(name, $0) } ?? framed(name, frame)
        }
        return template
    }

    private static func framed(_ name: String, _ frame: MistralFrame) -> ConversationTemplate {
        let isOld = frame.after.hasPrefix(" ")
        return ConversationTemplate(
            name: name,
            beginsWithMark: true,
            recognises: { source in
                MistralFrame(chatTemplate: source).map { $0.after.hasPrefix(" ") == isOld } ?? false
            },
            question: {
                let system = $0.system.map { "\($0)\n\n" } ?? ""
                return "\(frame.before)\(system)\($0.text)\(frame.after)"
            },
            opening: frame.lead,
            answer: { text, marks in (frame.trims ? text.stripped : text) + marks.endOfText },
            separator: frame.gap,
            order: .alternating,
            systemIsLast: frame.systemIsLast,
            takesSystem: frame.takesSystem,
            tokens: isOld ? [] : ["[INST]", "[/INST]"])
    }
}

/// What stands around questions and answers in a chat template of Mistral's, whose releases differ in spaces alone.
struct MistralFrame: Equatable, Sendable {
    /// Before a question.
    var before = " [INST] "
    /// Behind a question.
    var after = " [/INST]"
    /// Before an answer.
    var lead = " "
    /// Whether an answer loses the white space around it.
    var trims = false
    /// Behind the end of text after an answer.
    var gap = ""
    /// Whether the system's text stands in the last question.
    var systemIsLast = false
    /// Whether there may be a turn of the system; the first releases raise an exception at one.
    var takesSystem = true
}

extension MistralFrame {
    /// Reads the frame from a chat template's Jinja source; `nil` for one that is not of this kind.
    init?(chatTemplate source: String) {
        guard !source.contains("<<SYS>>"), !source.contains("[SYSTEM_PROMPT]") else { return nil }
        let before = Set(source.matches(of: /['"]( ?\[INST\] ?)['"]/).map { String($0.1) })
        let after = Set(source.matches(of: /['"]( ?\[\/INST\])['"]/).map { String($0.1) })
        let content = /(?:['"]( ?)['"]\s*\+\s*)?message(?:\[['"]content['"]\]|\.content)\s*/
        let ending = /(\|\s*trim\s*)?\+\s*eos_token(?:\s*\+\s*['"]( ?)['"])?/
        let answers = source.matches(of: content).compactMap { match in
            source[match.range.upperBound...].prefixMatch(of: ending).map { (match.1, $0.1, $0.2) }
        }
        guard before.count == 1, after.count == 1, let answer = answers.first else { return nil }
        self.init(
            before: before.first ?? "", after: after.first ?? "", lead: String(answer.0 ?? ""), trims: answer.1 != nil,
            gap: String(answer.2 ?? ""), systemIsLast: source.contains("loop.last and system_message"),
            takesSystem: source.contains("system"))
    }
}
