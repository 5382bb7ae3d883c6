import Models

extension RowForm {
    /// Alpaca's: `instruction`, `input` and `output`. What is asked is the instruction and, on a line of its own, the input where
    /// there is one, as in LLaMA-Factory.
    static let alpaca = RowForm(
        format: .alpaca, recognises: RowForms.having([["instruction"], ["output"]]),
        read: { row, _ in
            let parts = try ["instruction", "input"].compactMap { try row.member($0)?.spoken().text }
            let question = parts.filter { !$0.isEmpty }.joined(separator: "\n")
            return try QuestionFields(asked: "instruction", answered: "output")
                .content(question, row.required("output").spoken(), of: row)
        })

    /// ms-swift's: `query`, `response`, and `history`, a list of questions with their answers, which are learned too.
    static let queryResponse = RowForm(
        format: .queryResponse, recognises: RowForms.having([["query"], ["response"]]),
        read: { row, _ in
            try QuestionFields(asked: "query", answered: "response")
                .content(row.required("query").text(), row.required("response").spoken(), of: row)
        })

    /// Visual question answering: `question`, and `answer` or `answers`. Of several answers the most frequent one is learned, of
    /// equally frequent ones the first.
    static let questionAnswer = RowForm(
        format: .questionAnswer, recognises: RowForms.having([["question"], ["answer", "answers"]]),
        read: { row, _ in
            let key = row.member("answer") == nil && row.member("answers") != nil ? "answers" : "answer"
            let answer = try row.required(key)
            return try QuestionFields(asked: "question", answered: key)
                .content(row.required("question").text(), mostFrequent(answer), of: row)
        })

    /// open_clip's tables: `filepath` and `title`. Each image is asked `data.prompt`.
    static let openCLIP = RowForm(
        format: .openCLIP,
        recognises: { row in
            RowForms.having([["filepath"], ["title", "caption"]])(row) || RowForms.having([["image"], ["title"]])(row)
        },
        read: { row, reading in
            if row.member("filepath") != nil, row.member("image") != nil {
                throw RowProblem.Reason("has both `filepath` and `image`: give one")
            }
            let path = try row.required(row.key("image", or: "filepath"))
            let references = try path.references()
            guard references.count == 1 else { throw path.reason("expected the path of one image") }
            let key = row.key("title", or: "caption")
            return RowContent(
                [.asking(reading.question), .answering(try row.required(key).spoken())],
                naming: TurnNaming(fields: ["data.prompt", key]), pictures: references)
        })

    /// The answer that most people gave, as VQA v2 lists answers; one answer as it is.
    private static func mostFrequent(_ answers: RowValue) throws -> SpokenText {
        guard answers.value.arrayValue != nil else { return try answers.spoken() }
        let texts = try answers.list().map { try ($0.member("answer") ?? $0).spoken() }
        let counts = texts.reduce(into: [:]) { $0[$1.text, default: 0] += 1 }
        let most = counts.values.max()
        guard let answer = texts.first(where: { counts[$0.text] == most }) else {
            throw answers.reason("the list is empty: expected at least one answer")
        }
        return answer
    }
}

/// A form that has its question and its answer in fields of their own, and may have turns before them in `history`.
private struct QuestionFields {
    /// The question's field.
    let asked: String
    /// The answer's field.
    let answered: String

    /// What such an example says.
    ///
    /// - Throws: `RowProblem.Reason` if `system` or `history` cannot be read.
    func content(_ question: String, _ answer: SpokenText, of row: RowValue) throws -> RowContent {
        let history = try row.member("history")?.list() ?? []
        let system = try SystemText(row).turns
        let turns = try system + history.flatMap(pair) + [.asking(question), .answering(answer)]
        let earlier = history.indices.flatMap { ["history[\($0)][0]", "history[\($0)][1]"] }
        return RowContent(
            turns, naming: TurnNaming(fields: system.map { _ in "system" } + earlier + [asked, answered]))
    }

    /// A question of the history and its answer.
    private func pair(_ entry: RowValue) throws -> [WrittenTurn] {
        let sides = try entry.list()
        guard sides.count == 2 else { throw entry.reason("expected a question and its answer") }
        return [.asking(try sides[0].text()), .answering(try sides[1].spoken())]
    }
}
